// Empty tasks in a second: a message to a forked process and one back, as many under way as the pipe takes.
const { fork } = require('child_process');
if (process.argv[2] === 'child') {
  process.on('message', (task) => process.send(task));
} else {
  const count = 50000;
  const child = fork(__filename, ['child']);
  let ended = 0;
  child.once('message', () => {
    const start = process.hrtime.bigint();
    child.on('message', () => {
      if (++ended === count) {
        console.log(Math.round(count / (Number(process.hrtime.bigint() - start) * 1e-9)));
        child.kill();
      }
    });
    for (let task = 0; task < count; task++) child.send(task);
  });
  child.send(0);
}
