/// A table in CSV: records that end in different ways, with newlines in quotes, and some that do not fit.
public func sampleTable(rows: Int) -> String {
  var text = "id,\"price, net\",day,kind,note\r\n"
  for i in 0..<rows {
    let price = i % 17 == 0 ? "" : "\(Double((i * 7919) % 100_003) / 100)"
    let day = "20\(10 + i % 10)-0\(1 + i % 9)-\(10 + i % 19)"
    text += "\(i),\(price),\(day),\(i % 3 == 0 ? "a" : "b"),"
    text += i % 5 == 0 ? "\"line\n\"\"\(i)\"\", and, more\"\r\n" : "\(i * i % 1009)\n"
    if i % 1000 == 500 { text += "\n\(i),1\n" }
  }
  return text
}
