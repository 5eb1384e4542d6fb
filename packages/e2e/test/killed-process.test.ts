/** The cloud's one process is killed again and again under load: its keeper brings it back, and nothing that was answered is lost. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, ServiceName } from '../src/api.ts';
import { Cloud, HTTP_DAEMONS } from '../src/cloud.ts';
import { eventually } from '../src/eventually.ts';
import { isRunning } from '../src/host-state.ts';
import { usualParts } from '../src/servers.ts';

const KILLS = 10;
const AT_ONCE = 60;
const BACK_WITHIN_MS = 5_000;

interface Made {
  service: ServiceName;
  path: string;
}

interface RunFile {
  process: { pid: number };
  keeper: { pid: number };
  ready: boolean;
}

let cloud: Cloud;
const runFile = () => JSON.parse(readFileSync(join(cloud.stateDir, 'run', 'kumo.json'), 'utf8')) as RunFile;
const upLog = () => readFileSync(join(cloud.stateDir, 'log', 'up.log'), 'utf8');

/** Resolves when another process than `formerPid` is ready and every endpoint answers; gives how long that took. */
async function untilBack(formerPid: number): Promise<number> {
  const begun = performance.now();
  await eventually(
    'every endpoint to answer again',
    async () => {
      const { process: now, ready } = runFile();
      if (!ready || now.pid === formerPid) return undefined;
      const answers = await Promise.all(
        HTTP_DAEMONS.map((name) => fetch(`${cloud.url(name)}/healthcheck`, { signal: AbortSignal.timeout(1_000) })),
      );
      return answers.every(({ ok }) => ok) || undefined;
    },
    { timeoutMs: 30_000, everyMs: 20 },
  );
  return performance.now() - begun;
}

before(async () => {
  const unlimited = { instances: -1, cores: -1, ramMb: -1 };
  const settings = { nova: { quota: unlimited }, neutron: { quotas: { network: -1, subnet: -1, port: -1 } } };
  cloud = await Cloud.start({ fake: true, settings });
});
after(() => cloud?.[Symbol.asyncDispose]());

describe('SIGKILL under load', () => {
  let admin: Api;
  let parts: Awaited<ReturnType<typeof usualParts>>;
  const made: Made[] = [];
  before(async () => {
    admin = await cloud.api();
    parts = await usualParts(admin);
  });

  /** One request that makes something; what was answered as made has to be there ever after. */
  async function make(name: string, kind: number): Promise<void> {
    const asked = [
      { service: 'network', path: '/networks', key: 'network', body: { network: { name } } },
      { service: 'image', path: '/images', key: '', body: { name, disk_format: 'raw', container_format: 'bare' } },
      { service: 'identity', path: '/projects', key: 'project', body: { project: { name, domain_id: 'default' } } },
      {
        service: 'compute',
        path: '/servers',
        key: 'server',
        body: { server: { name, imageRef: parts.imageRef, flavorRef: parts.flavorRef, networks: 'none' } },
      },
    ] as const;
    const { service, path, key, body } = asked[kind % asked.length]!;
    const reply = await admin.request(service, 'POST', path, { body }).catch(() => undefined);
    if (!reply || reply.status >= 300) return;
    const { id } = (key === '' ? reply.json : (reply.json as Record<string, unknown>)[key]) as { id: string };
    made.push({ service, path: `${path}/${id}` });
  }

  for (let round = 1; round <= KILLS; round++)
    test(`kill ${round}: answering within ${BACK_WITHIN_MS / 1000} s, and what was made is there`, async (t) => {
      const { pid } = runFile().process;
      const known = made.length;
      const load = Promise.all(Array.from({ length: AT_ONCE }, (_, index) => make(`r${round}-${index}`, index)));
      await sleep(50 * round);
      process.kill(pid, 'SIGKILL');
      const backMs = await untilBack(pid);
      await load;
      t.diagnostic(`back after ${Math.round(backMs)} ms; ${made.length - known} of ${AT_ONCE} were answered`);
      assert.ok(backMs < BACK_WITHIN_MS, `back after ${backMs} ms`);
      const lost: string[] = [];
      for (const { service, path } of made.slice(known))
        if (!(await admin.exists(service, path))) lost.push(`${service} ${path}`);
      assert.deepEqual(lost, []);
    });

  test('after all of them everything is there, and every server has come to rest', async () => {
    assert.ok(made.length > AT_ONCE, `${made.length} were answered`);
    const lost: string[] = [];
    for (const { service, path } of made) if (!(await admin.exists(service, path))) lost.push(`${service} ${path}`);
    assert.deepEqual(lost, []);
    await eventually('servers to be built', async () => {
      const { servers } = await admin.get<{ servers: { status: string }[] }>('compute', '/servers/detail');
      assert.deepEqual([...new Set(servers.map(({ status }) => status))], ['ACTIVE']);
      return true;
    });
  });

  test('up of a cloud that came back by itself says so and does nothing; status and up.log say what happened', async () => {
    const { pid } = runFile().process;
    process.kill(pid, 'SIGKILL');
    const { code, stderr } = await cloud.kumoOutcome(['up', '--detach']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Kumo died \(SIGKILL\) and was started again by itself \(pid \d+\)/);
    const status = await cloud.status();
    assert.equal(status.ready, true);
    assert.notEqual(status.pid, pid);
    assert.match((await cloud.kumoOutcome(['status'])).stdout, /died and was started again .*SIGKILL/);
    assert.match(upLog(), /Kumo ended \(SIGKILL\) after \d+ s; it is started again in \d\.\d+ s/);
    assert.equal((await cloud.kumoOutcome(['up', '--detach'])).code, 0);
  });
});

test('a process that does not come up is tried again more slowly, status says so, and it is back when it can be', async () => {
  const { process: former, keeper } = runFile();
  process.kill(former.pid, 'SIGKILL');
  {
    await using squatter = createServer((socket) => socket.destroy());
    await eventually('the port to be free', async () => {
      squatter.listen(cloud.ports['nova-api'], '127.0.0.1');
      await once(squatter, 'listening');
      return true;
    });
    await eventually('three tries', async () => (upLog().split('ended (exit code 1)').length > 3 ? true : undefined));
    const { code, stdout } = await cloud.kumoOutcome(['status']);
    assert.equal(code, 3);
    assert.match(stdout, /started again/);
    const delays = [...upLog().matchAll(/exit code 1.* in (\d\.\d+) s/g)].map(([, seconds]) => Number(seconds));
    assert.ok(delays.at(-1)! > delays[0]! && Math.max(...delays) <= 5, delays.join(' '));
    assert.match(upLog(), /port \d+ .* is taken/);
  }
  await untilBack(former.pid);
  assert.equal(runFile().keeper.pid, keeper.pid);
});

test('without its keeper the cloud goes on, status says that nothing starts it again, and down ends it', async () => {
  const { process: running, keeper } = runFile();
  process.kill(keeper.pid, 'SIGKILL');
  await eventually('status to say so', async () =>
    /keeper is gone/.test((await cloud.kumoOutcome(['status'])).stdout) ? true : undefined,
  );
  assert.equal((await cloud.status()).pid, running.pid);
  await cloud.down();
  assert.ok(!isRunning(running.pid));
});

test('down of a cloud that has just died leaves neither it nor its keeper', async () => {
  await cloud.up();
  const { process: running, keeper } = runFile();
  process.kill(running.pid, 'SIGKILL');
  await cloud.down();
  assert.ok(!isRunning(keeper.pid));
  assert.deepEqual(JSON.parse((await cloud.kumoOutcome(['status', '--json'])).stdout).pid, null);
  await sleep(1_000);
  assert.equal((await cloud.kumoOutcome(['status'])).stdout, 'Kumo is not running. Start it with: kumo up\n');
});

test('a start that fails is not repeated', async () => {
  await using squatter = createServer((socket) => socket.destroy()).listen(cloud.ports['nova-api'], '127.0.0.1');
  await once(squatter, 'listening');
  const { code, stderr } = await cloud.kumoOutcome(['up', '--detach']);
  assert.equal(code, 1);
  assert.match(stderr, /did not start \(exit code 1\)/);
  assert.doesNotMatch(upLog(), /started again/);
});
