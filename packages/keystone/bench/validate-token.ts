/**
 * Validations and logins per second of one Keystone process: `node packages/keystone/bench/validate-token.ts [seconds]`.
 * The load comes from `wrk` (Debian), on the same machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@kumo/core/exec';
import { listen } from '@kumo/core/http';
import { freePort } from '../../core/src/testing/free-ports.ts';
import { ADMIN_PASSWORD, bootstrapFor, passwordAuth, TestKeystone } from '../test/harness.ts';

const seconds = Number(process.argv[2] ?? 8);
const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-bench-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const keystone = await TestKeystone.start({
  databaseUrl: `sqlite:${join(dir, 'keystone.db')}`,
  bootstrap: bootstrapFor(url),
  config: { passwords: {} },
  checkReplies: false,
});
if (!keystone.daemon.app) throw new Error('Keystone has no HTTP side');
await listen(keystone.daemon.app, { host: '127.0.0.1', port });

async function measure(title: string, args: string[]): Promise<void> {
  const load = ['-t1', '-c16', `-d${seconds}s`, '--latency', ...args];
  const { stdout } = await run('wrk', load, { timeoutMs: (seconds + 10) * 1000 });
  const find = (pattern: RegExp) => pattern.exec(stdout)?.[1] ?? '?';
  const errors = /Non-2xx.*/.exec(stdout)?.[0] ?? 'no errors';
  console.log(`${title}: ${find(/Requests\/sec:\s+([\d.]+)/)}/s, p99 ${find(/99%\s+(\S+)/)}, ${errors}`);
}

const nova = await keystone.logIn('nova', 'nova-secret', { project: 'service' });
const headers = ['-H', `X-Auth-Token: ${nova}`, '-H', `X-Subject-Token: ${keystone.admin}`];
await measure('validate, with catalog', [...headers, `${url}/v3/auth/tokens`]);
await measure('validate, ?nocatalog', [...headers, `${url}/v3/auth/tokens?nocatalog`]);

const script = join(dir, 'login.lua');
const body = JSON.stringify(passwordAuth('admin', ADMIN_PASSWORD, { project: 'admin' }));
writeFileSync(
  script,
  `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [[${body}]]\n`,
);
await measure('login, argon2id m=19456 t=2', ['-s', script, `${url}/v3/auth/tokens`]);
console.log(`memory: ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`);
await keystone.stop();
rmSync(dir, { recursive: true });
