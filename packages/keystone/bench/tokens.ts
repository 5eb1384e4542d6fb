/**
 * What one Keystone process on one core does in a second: `node packages/keystone/bench/tokens.ts [seconds] [titles as a
 * pattern] [--json]`. `uncached`: every request shows a token that this Keystone has never seen.
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { listen } from '@kumo/core/http';
import { freePort } from '../../core/src/testing/free-ports.ts';
import { DiskKeys } from '../src/tokens/disk-keys.ts';
import { FernetKeyring } from '../src/tokens/fernet-keyring.ts';
import { packClaims, unpackClaims } from '../src/tokens/token-payload.ts';
import { bootstrapFor, DEMO_PASSWORD, TestKeystone } from '../test/harness.ts';
import { pinToOneCore, type Rate, rateUnder } from './load.ts';

const RUNS = 3;
/** More than the fastest machine asks for in a second. */
const TOKENS_PER_SECOND = 20_000;
const PROJECTS = 110;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const seconds = Number(positionals[0] ?? 5);
const only = new RegExp(positionals[1] ?? '');
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

interface Figure {
  readonly title: string;
  readonly runs: readonly Rate[];
}

const figures: Figure[] = [];

/** @param scriptOf the load of each run; the first run warms up what has just started and is not counted. */
async function measure(title: string, scriptOf: (run: number) => string): Promise<void> {
  if (!only.test(title)) return;
  const runs: Rate[] = [];
  for (let run = 0; run <= RUNS; run++)
    runs.push(await rateUnder(scriptOf(run), { url, seconds, path: join(dir, 'load.lua') }));
  runs.shift();
  figures.push({ title, runs });
  for (const { perSecond, p99Ms, cpuUs, errors } of values.json ? [] : runs)
    console.log(
      `${title}: ${perSecond.toFixed(0)}/s, p99 ${p99Ms.toFixed(2)} ms, ${cpuUs.toFixed(0)} µs CPU each ${errors}`,
    );
}

/** Each run begins where the one before it cannot have come. */
function eachOnce(list: string, path: string, asker: string): (run: number) => string {
  return (run) => `local tokens = {}
for line in io.lines("${list}") do tokens[#tokens + 1] = line end
local at = ${run * seconds * TOKENS_PER_SECOND}
request = function()
  at = at % #tokens + 1
  return wrk.format("GET", "${path}", { ["X-Auth-Token"] = "${asker}", ["X-Subject-Token"] = tokens[at] })
end`;
}

const nova = await keystone.logIn('nova', 'nova-secret', { project: 'service' });
const demo = await keystone.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
const list = join(dir, 'tokens');
for (let at = 0; at < PROJECTS; at++)
  await keystone.expect(201, 'POST', '/v3/projects', {
    body: { project: { name: `project ${at}`, domain_id: 'default' } },
  });
await pinToOneCore();
for (const [title, path] of [
  ['with catalog', '/v3/auth/tokens'],
  ['?nocatalog', '/v3/auth/tokens?nocatalog'],
] as const) {
  writeFileSync(list, (await copiesOf(demo, (RUNS + 1) * seconds * TOKENS_PER_SECOND)).join('\n'));
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
  () =>
    `wrk.method = "POST"\nwrk.path = "/v3/auth/tokens"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [[${body}]]`,
);
await measure(
  'list 100 projects',
  () => `wrk.path = "/v3/projects?limit=100"\nwrk.headers["X-Auth-Token"] = "${keystone.admin}"`,
);
if (values.json) console.log(JSON.stringify(figures));
await keystone.stop();
rmSync(dir, { recursive: true });
