/**
 * Memory of a Keystone through many logins: `node packages/keystone/bench/login-memory.ts [logins] [--json]`, a million
 * unless told.
 * The hashes are cheap (argon2id m=8, t=1), which says nothing about their speed: it is about what is left behind. Each
 * login is one of 5,000 users', all the way through HTTP's handling without a socket. To be run with
 * the options of the launcher `kumo` (ADR 0010), as Node lets garbage lie while there is memory; `--expose-gc` shows what is in use.
 */
import { parseArgs } from 'node:util';
import { ADMIN_PASSWORD, TestKeystone } from '../test/harness.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const LOGINS = Number(positionals[0] ?? 1_000_000);
const USERS = 5_000;
const CLIENTS = 32;
const REPORTS = 10;
const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);

const keystone = await TestKeystone.start({ config: { passwords: { memoryKib: 8, passes: 1 } }, checkReplies: false });
const ids: string[] = [];
for (let count = 0; count < USERS; count++) {
  const user = { name: `user ${count}`, password: `secret ${count}` };
  ids.push((await keystone.expect(201, 'POST', '/v3/users', { body: { user } })).user.id);
}
const bodies = ids.map((id, at) => {
  const identity = { methods: ['password'], password: { user: { id, password: `secret ${at}` } } };
  return JSON.stringify({ auth: { identity } });
});

const app = keystone.daemon.app;
if (!app) throw new Error('Keystone has no HTTP side');
const headers = { 'content-type': 'application/json' };
let done = 0;
let most = 0;
const startedAt = performance.now();
say(`${LOGINS} logins of ${USERS} users, argon2id m=8 t=1; before: ${mebibytes(process.memoryUsage.rss())} MiB`);
await Promise.all(
  Array.from({ length: CLIENTS }, async () => {
    while (done < LOGINS) {
      const number = done++;
      const payload = bodies[number % USERS];
      const answer = await app.inject({ method: 'POST', url: '/v3/auth/tokens', headers, payload });
      if (answer.statusCode !== 201) throw new Error(`${answer.statusCode}: ${answer.body}`);
      if (number % 1000 === 0) most = Math.max(most, process.memoryUsage.rss());
      if ((number + 1) % Math.ceil(LOGINS / REPORTS) === 0) report(number + 1);
    }
  }),
);

function report(count: number): void {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const rate = (count / (performance.now() - startedAt)) * 1000;
  say(`${count}: ${mebibytes(rss)} MiB resident, heap ${mebibytes(heapUsed)} MiB, ${rate.toFixed(0)} logins/s`);
}

if (values.json) console.log(JSON.stringify({ logins: LOGINS, mostMib: most / 2 ** 20 }));
else console.log(`most: ${mebibytes(most)} MiB resident`);
await keystone.logIn('admin', ADMIN_PASSWORD);
await keystone.stop();

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
