/**
 * Tokens validated, exchanged and refused per second by one Keystone process on one core:
 * `node packages/keystone/bench/tokens.ts [seconds] [titles as a pattern]`. The load comes from `wrk` (Debian), on the same machine.
 * `uncached`: every request shows a token that this Keystone has never seen.
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@kumo/core/exec';
import { listen } from '@kumo/core/http';
import { freePort } from '../../core/src/testing/free-ports.ts';
import { DiskKeys } from '../src/tokens/disk-keys.ts';
import { FernetKeyring } from '../src/tokens/fernet-keyring.ts';
import { packClaims, unpackClaims } from '../src/tokens/token-payload.ts';
import { bootstrapFor, DEMO_PASSWORD, TestKeystone } from '../test/harness.ts';

const seconds = Number(process.argv[2] ?? 8);
const only = new RegExp(process.argv[3] ?? '');
const dir = mkdtempSync(join(tmpdir(), 'kumo-token-bench-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const keys = join(dir, 'keys');
const keystone = await TestKeystone.start({
  databaseUrl: `sqlite:${join(dir, 'keystone.db')}`,
  bootstrap: bootstrapFor(url),
  config: { tokens: { keyRepository: keys } },
  checkReplies: false,
});
if (!keystone.daemon.app) throw new Error('Keystone has no HTTP side');
await listen(keystone.daemon.app, { host: '127.0.0.1', port });

/** The same token with other audit ids and other bytes, as many times as asked. */
async function copiesOf(token: string, count: number): Promise<string[]> {
  const keyring = await FernetKeyring.open(new DiskKeys(keys));
  const opened = await keyring.decrypt(token);
  const claims = opened && unpackClaims(opened.plain);
  if (!opened || !claims) throw new Error('the token is none of this Keystone');
  const copies: string[] = [];
  for (let made = 0; made < count; made++) {
    const auditIds = [randomBytes(16).toString('base64url')];
    copies.push(keyring.encrypt(packClaims({ ...claims, auditIds }), opened.seconds));
  }
  return copies;
}

async function measure(title: string, script: string): Promise<void> {
  if (!only.test(title)) return;
  const path = join(dir, 'load.lua');
  writeFileSync(path, script);
  const load = ['-t1', '-c16', `-d${seconds}s`, '--latency', '-s', path, url];
  const before = process.cpuUsage();
  const { stdout } = await run('wrk', load, { timeoutMs: (seconds + 10) * 1000 });
  const { user, system } = process.cpuUsage(before);
  const find = (pattern: RegExp) => pattern.exec(stdout)?.[1] ?? '?';
  const requests = Number(find(/(\d+) requests in/));
  const errors = /Non-2xx.*/.exec(stdout)?.[0] ?? 'no errors';
  const cpu = ((user + system) / requests).toFixed(0);
  console.log(
    `${title}: ${find(/Requests\/sec:\s+([\d.]+)/)}/s, p99 ${find(/99%\s+(\S+)/)}, ${cpu} µs CPU each, ${errors}`,
  );
}

function eachOnce(list: string, path: string, asker: string): string {
  return `local tokens = {}
for line in io.lines("${list}") do tokens[#tokens + 1] = line end
local at = 0
request = function()
  at = at % #tokens + 1
  return wrk.format("GET", "${path}", { ["X-Auth-Token"] = "${asker}", ["X-Subject-Token"] = tokens[at] })
end`;
}

const nova = await keystone.logIn('nova', 'nova-secret', { project: 'service' });
const demo = await keystone.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
const list = join(dir, 'tokens');
// What has just started is not yet compiled.
for (let at = 0; at < 20_000; at++)
  await keystone.call('GET', '/v3/auth/tokens', { token: nova, headers: { 'x-subject-token': demo } });
for (const [title, path] of [
  ['with catalog', '/v3/auth/tokens'],
  ['?nocatalog', '/v3/auth/tokens?nocatalog'],
] as const) {
  writeFileSync(list, (await copiesOf(demo, seconds * 20_000)).join('\n'));
  await measure(`validate uncached, ${title}`, eachOnce(list, path, nova));
  writeFileSync(list, demo);
  await measure(`validate the same token, ${title}`, eachOnce(list, path, nova));
}
const body = JSON.stringify({
  auth: {
    identity: { methods: ['token'], token: { id: demo } },
    scope: { project: { name: 'demo', domain: { id: 'default' } } },
  },
});
await measure(
  'exchange for another scope',
  `wrk.method = "POST"\nwrk.path = "/v3/auth/tokens"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [[${body}]]`,
);
console.log(`memory: ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`);
await keystone.stop();
rmSync(dir, { recursive: true });
