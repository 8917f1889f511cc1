// One cold start, in a process of its own: imports a bundle and runs its handler. What it measured goes to descriptor 3
// as JSON; standard output is the function's log.
//   arguments: the bundle, the event as JSON or '' for none, how many times the event is sent, and `lambda`
// to begin with what Lambda's own runtime has loaded by then (aws-lambda-ric 4.0.2 requires these).
const [bundle, event, times, place] = process.argv.slice(2);
const LOADED_BY_LAMBDA = ['path', 'fs', 'net', 'http', 'os', 'util', 'worker_threads', 'async_hooks'];
if (place === 'lambda') for (const name of LOADED_BY_LAMBDA) process.getBuiltinModule(name);

const processor = process.cpuUsage();
const begin = performance.now();
const { handler } = await import(bundle);
const imported = performance.now();
const { user, system } = process.cpuUsage(processor);
const measured = { import: imported - begin, processor: (user + system) / 1000 };

if (event !== '') {
  const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 30_000 };
  const { statusCode, batchItemFailures } = (await handler(JSON.parse(event), context)) ?? {};
  measured.firstRequest = performance.now() - imported;
  const spent = process.cpuUsage(processor);
  measured.requestProcessor = (spent.user + spent.system) / 1000 - measured.processor;
  measured.failed = statusCode >= 400 || batchItemFailures?.length > 0;
  for (let sent = 1; sent < Number(times); sent += 1) await handler(JSON.parse(event), context);
}
measured.resident = process.memoryUsage.rss();
process.getBuiltinModule('fs').writeSync(3, JSON.stringify(measured));
process.exit();
