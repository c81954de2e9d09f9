// Messages between a process and one that it has forked, and back: prints the nanoseconds that each
// message took, a sample a line.
//
//     node messages.js small|doubles|bytes json|advanced
const { fork } = require("node:child_process");

if (process.argv[2] === "child") {
  process.on("message", (value) => process.send(value));
} else {
  const values = {
    small: { task: "resize", data: [1, 2, 3] },
    doubles: Array.from({ length: 100 }, (_, i) => i / 7),
    bytes: new Uint8Array(1 << 20).fill(7),
  };
  const value = values[process.argv[2]];
  // As JSON these bytes are an object with a million keys.
  const repetitions = process.argv[2] !== "bytes" ? 500 : process.argv[3] === "json" ? 1 : 10;
  const child = fork(__filename, ["child"], { serialization: process.argv[3] });
  const trip = () =>
    new Promise((resolve) => {
      child.once("message", resolve);
      child.send(value);
    });
  (async () => {
    for (let sample = -2; sample < 20; sample++) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < repetitions; i++) await trip();
      const nanoseconds = Number(process.hrtime.bigint() - start);
      if (sample >= 0) console.log(nanoseconds / (2 * repetitions));
    }
    child.disconnect();
  })();
}
