import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { client, inProcess } from '../src/client/index.ts';
import { closeApp, listen } from '../src/http/index.ts';
import { exampleApp, whoAmI } from '../test/http/example-service.ts';

/** Requests per second of an authenticated GET: over a socket (wrk, one core for the server; its CPU time tells more than the rate on a busy machine) and through the in-process client. */
const seconds = Number(process.argv[2] ?? 3);
const app = exampleApp({ checkReplies: false, observe: () => {} });
const url = await listen(app, { host: '127.0.0.1', port: 0 });
const cpuBefore = process.cpuUsage();
const wrk = await promisify(execFile)('wrk', [
  '-t1',
  '-c16',
  `-d${seconds}s`,
  '-H',
  'X-Auth-Token: member',
  `${url}/v2/me`,
]);
const { user, system } = process.cpuUsage(cpuBefore);
const served = Number(/(\d+) requests in/.exec(wrk.stdout)?.[1]);
const overSocket = Number(/Requests\/sec:\s+([\d.]+)/.exec(wrk.stdout)?.[1]);

const things = client(
  { whoAmI },
  inProcess(() => app),
  { from: 'bench', to: 'thing-api', token: async () => 'member' },
);
const until = performance.now() + seconds * 1000;
let calls = 0;
while (performance.now() < until) {
  await Promise.all(Array.from({ length: 16 }, () => things.whoAmI()));
  calls += 16;
}
await closeApp(app);
process.stdout.write(
  `${JSON.stringify({ socketPerSecond: Math.round(overSocket), serverCpuMicrosPerRequest: Math.round((user + system) / served), inProcessPerSecond: Math.round(calls / seconds) })}\n`,
);
