/**
 * Memory of a Keystone's process (`kumo node`) through many logins over HTTP: `node packages/e2e/bench/login-memory.ts [logins]`, a
 * million unless told, which takes about ten minutes.
 *
 * 5,000 users log in one after the other, on 16 connections of wrk's. The hashes are cheap (argon2id m=8, t=1), which says
 * nothing about their speed: it is about what is left behind.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@kumo/core/exec';
import { stringify } from 'yaml';
import { freePort } from '../../core/src/testing/free-ports.ts';
import { KUMO } from '../src/cloud.ts';
import { eventually } from '../src/eventually.ts';

const USERS = 5_000;
const CONNECTIONS = 16;
/** wrk runs for a time, not for a number; after each of these the number is looked at. */
const PART_SECONDS = 20;
const PASSWORD = 'bench-secret';

/** @returns how many logins there were, and the most memory that was resident meanwhile. @throws Error for one that failed. */
export async function memoryThroughLogins(
  logins: number,
  say: (line: string) => void,
): Promise<{ done: number; mostMib: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'kumo-login-memory-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    stateDir: join(dir, 'state'),
    daemons: ['keystone'],
    passwords: { admin: PASSWORD },
    ports: { keystone: port },
    keystone: { passwords: { memoryKib: 8, passes: 1 } },
  };
  writeFileSync(join(dir, 'kumo.yaml'), stringify(settings), { mode: 0o600 });
  const node = spawn(KUMO, ['node', '--config', join(dir, 'kumo.yaml')], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await eventually('Keystone', async () => (await fetch(`${url}/v3`)).ok || undefined);
    const script = await prepare(url, dir);
    // The peak of what follows, not of making the users.
    writeFileSync(`/proc/${node.pid}/clear_refs`, '5');
    say(`${logins} logins of ${USERS} users, argon2id m=8 t=1; before: ${mebibytes(node.pid, 'VmRSS')} MiB`);
    let done = 0;
    while (done < logins) {
      const args = ['-t1', `-c${CONNECTIONS}`, `-d${PART_SECONDS}s`, '-s', script, url];
      const { stdout } = await run('wrk', args, { timeoutMs: (PART_SECONDS + 20) * 1000 });
      const failed = /Non-2xx.*|Socket errors.*/.exec(stdout)?.[0];
      if (failed) throw new Error(failed);
      done += Number(/(\d+) requests in/.exec(stdout)?.[1]);
      const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
      say(`${done}: ${mebibytes(node.pid, 'VmRSS')} MiB resident, ${rate} logins/s`);
    }
    return { done, mostMib: mebibytes(node.pid, 'VmHWM') };
  } finally {
    const gone = once(node, 'exit');
    node.kill('SIGTERM');
    await gone;
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Makes the users. @returns a script for wrk. */
async function prepare(url: string, dir: string): Promise<string> {
  const domain = { id: 'default' };
  const login = await post(`${url}/v3/auth/tokens`, '', {
    auth: {
      identity: { methods: ['password'], password: { user: { name: 'admin', domain, password: PASSWORD } } },
      scope: { project: { name: 'admin', domain } },
    },
  });
  const token = login.headers.get('x-subject-token') ?? '';
  const ids: string[] = [];
  for (let count = 0; count < USERS; count++) {
    const user = { name: `user ${count}`, password: `secret ${count}` };
    const { user: made } = (await (await post(`${url}/v3/users`, token, { user })).json()) as { user: { id: string } };
    ids.push(made.id);
  }
  const script = join(dir, 'logins.lua');
  writeFileSync(join(dir, 'users'), ids.join('\n'));
  writeFileSync(
    script,
    `local users = {}
for line in io.lines("${join(dir, 'users')}") do users[#users + 1] = line end
local at = 0
wrk.headers["Content-Type"] = "application/json"
request = function()
  local body = string.format([[{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"%s","password":"secret %d"}}}}}]], users[at + 1], at)
  at = (at + 1) % #users
  return wrk.format("POST", "/v3/auth/tokens", nil, body)
end`,
  );
  return script;
}

async function post(url: string, token: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-auth-token': token };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.status !== 201) throw new Error(`${url}: status ${answer.status}: ${await answer.text()}`);
  return answer;
}

/** Resident now (`VmRSS`), or at most (`VmHWM`). */
function mebibytes(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
}

if (import.meta.main) {
  const { done, mostMib } = await memoryThroughLogins(Number(process.argv[2] ?? 1_000_000), (line) =>
    console.error(line),
  );
  console.log(`${done} logins, most: ${mostMib} MiB resident`);
}
