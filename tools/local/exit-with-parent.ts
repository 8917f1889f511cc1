// Runs a program that can't notice by itself that the process that started it has ended:
//   node exit-with-parent.ts <program> <argument>…
// Its standard input is a pipe from that process. It ends when the process does, by `kill -9` too, and
// then so does the program: nothing is left that would hold a port or a database.
import { spawn } from 'node:child_process';

const [program = '', ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });

child.once('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.once('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 0));

function end(): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 2000).unref();
}

process.stdin.resume().once('end', end).once('error', end);
process.on('SIGTERM', end);
process.on('SIGINT', () => undefined); // the owner decides, and closes the pipe
