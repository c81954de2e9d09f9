import Foundation

extension Options {
  /// Computes a row of pixels: red, green and blue of each, the mean of 2 × 2 points.
  func compute(row: Int, into pixels: inout [UInt8]) {
    // The part of the plane that shows the whole set, in the middle of a picture of any shape.
    let step = max(3.0 / Double(width), 2.3 / Double(height))
    for column in 0..<width {
      var sum = SIMD3<Double>()
      for point in 0..<4 {
        let x = (Double(column) + 0.25 + 0.5 * Double(point % 2) - Double(width) / 2) * step - 0.68
        let y = (Double(row) + 0.25 + 0.5 * Double(point / 2) - Double(height) / 2) * step
        sum += color(x, y)
      }
      for channel in 0..<3 {
        // The sum of four is linear in light; a file holds values in steps that look equal: gamma
        // 2.2.
        let value = 255 * pow(sum[channel] / 4, 1 / 2.2)
        pixels[column * 3 + channel] = UInt8(value.rounded())
      }
    }
  }

  /// The color of c = x + iy: black where z ← z² + c stays bounded, else by how soon it escapes.
  private func color(_ x: Double, _ y: Double) -> SIMD3<Double> {
    // The cardioid and the disk to its left never escape, and would cost all iterations.
    let q = (x - 0.25) * (x - 0.25) + y * y
    if q * (q + x - 0.25) <= 0.25 * y * y || (x + 1) * (x + 1) + y * y <= 0.0625 {
      return SIMD3()
    }
    var (zx, zy) = (0.0, 0.0)
    for iteration in 0..<iterations {
      let (squareX, squareY) = (zx * zx, zy * zy)
      if squareX + squareY > 256 {
        // The fraction of an iteration by which it passed the limit, for colors without bands: |z|
        // squares itself at each, so its logarithm doubles.
        let fraction = log2(log2(squareX + squareY) / 8)
        return palette(log2(Double(iteration) + 1 - fraction))
      }
      zy = 2 * zx * zy + y
      zx = squareX - squareY + x
    }
    return SIMD3()
  }
}

/// Colors from far outside (1) to the rim of the set, in linear light: night, blue, white, amber,
/// again and again.
private func palette(_ position: Double) -> SIMD3<Double> {
  let colors: [SIMD3<Double>] = [
    SIMD3(0.002, 0.004, 0.03), SIMD3(0.01, 0.09, 0.40), SIMD3(0.20, 0.55, 0.85),
    SIMD3(0.95, 0.95, 0.80), SIMD3(0.95, 0.45, 0.05), SIMD3(0.25, 0.03, 0.02),
  ]
  let place = max(0, position - 1.75)
  let index = Int(place.rounded(.down))
  let part = place - Double(index)
  let smooth = part * part * (3 - 2 * part)
  let (from, to) = (colors[index % colors.count], colors[(index + 1) % colors.count])
  return from + (to - from) * smooth
}
