/** The command itself: up, down, status, openrc, logs, doctor, reset, and the one sentence for whatever is wrong. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cloud, HTTP_DAEMONS, KUMO } from '../src/cloud.ts';
import { outcomeOf } from '../src/command.ts';
import { isRunning } from '../src/host-state.ts';
import { removeServer, requestServer, untilStatus, usualParts } from '../src/servers.ts';

const ONE_SENTENCE = /^kumo: [^\n]+\n$/;

/** A failed command says one sentence on standard error, nothing else, and has an exit code. */
function assertRefused({ code, stderr }: { code: number; stderr: string }, saying: RegExp, exitCode = 1): void {
  assert.match(stderr, saying);
  assert.match(stderr, ONE_SENTENCE);
  assert.equal(code, exitCode);
}

async function listeners(cloud: Cloud): Promise<string[]> {
  const answers = await Promise.all(
    HTTP_DAEMONS.map(async (name) =>
      (await fetch(cloud.url(name), { signal: AbortSignal.timeout(3_000) }).catch(() => undefined)) ? name : undefined,
    ),
  );
  return answers.filter((name) => name !== undefined);
}

describe('a cloud that runs', () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await Cloud.start({ fake: true });
  });
  after(() => cloud?.[Symbol.asyncDispose]());

  test('up --detach has returned, and every endpoint answers', async () => {
    assert.deepEqual(await listeners(cloud), [...HTTP_DAEMONS]);
    const { pid, ready, services } = await cloud.status();
    assert.equal(ready, true);
    assert.ok(pid && isRunning(pid));
    for (const { name, healthy } of services) assert.ok(healthy, name);
    for (const name of [...HTTP_DAEMONS, 'nova-compute', 'nova-conductor', 'nova-scheduler', 'cinder-volume']) {
      assert.ok(
        services.some((service) => service.name === name),
        name,
      );
    }
    assert.equal((await cloud.kumoOutcome(['status'])).code, 0);
  });

  test('what up said: endpoints, credentials, files, what is next', () => {
    const said = readFileSync(join(cloud.stateDir, 'log', 'up.log'), 'utf8');
    for (const name of HTTP_DAEMONS.filter((daemon) => daemon !== 'nova-metadata-api'))
      assert.ok(said.includes(cloud.url(name)), name);
    for (const part of ['password', join(cloud.stateDir, 'openrc'), join(cloud.stateDir, 'clouds.yaml'), 'kumo demo'])
      assert.ok(said.includes(part), part);
    assert.ok(!said.includes(cloud.credentials().OS_PASSWORD!), 'no password in a log');
  });

  test('trace takes a name; one that several servers have lists their ids; a deleted server keeps its name', async () => {
    const demo = await cloud.api('demo');
    const { imageRef, flavorRef } = await usualParts(demo);
    const make = (name: string) => requestServer(demo, { name, imageRef, flavorRef, networks: 'none' });
    const [only, first, second] = [await make('of.one'), await make('of two'), await make('of two')];
    for (const id of [only, first, second]) await untilStatus(demo, id, 'ACTIVE');
    // Spans are written in batches.
    await sleep(1_000);
    const byId = await cloud.kumo('trace', only);
    assert.match(byId, /^28 /m);
    assert.equal(await cloud.kumo('trace', 'of.one'), byId);
    const ambiguous = await cloud.kumoOutcome(['trace', 'of two']);
    assertRefused(ambiguous, /^kumo: 2 servers are named of two; give the id of one: /);
    for (const id of [first, second]) assert.ok(ambiguous.stderr.includes(`${id} (ACTIVE, project `), ambiguous.stderr);
    assertRefused(await cloud.kumoOutcome(['trace', 'of']), /^kumo: no server has the id or the name of:/);
    await removeServer(demo, first);
    assert.match(await cloud.kumo('trace', 'of two'), /^28 /m);
    for (const id of [only, second]) await removeServer(demo, id);
    assert.equal(await cloud.kumo('trace', 'of.one'), byId);
  });

  test('openrc prints the exports, and with them the official client logs in', async () => {
    const printed = await cloud.kumo('openrc');
    assert.equal(printed, readFileSync(join(cloud.stateDir, 'openrc'), 'utf8'));
    const { code, stdout } = await outcomeOf('bash', [
      '-c',
      `eval "$1"; openstack project list -f value -c Name`,
      'bash',
      printed,
    ]);
    assert.equal(code, 0);
    assert.deepEqual(stdout.trim().split('\n').sort(), ['admin', 'demo', 'service']);
    assert.match(await cloud.kumo('openrc', '--demo'), /OS_USERNAME='demo'/);
  });

  test('files with secrets are for their owner only', () => {
    for (const name of ['openrc', 'openrc-demo', 'clouds.yaml', 'secrets.yaml']) {
      assert.equal(statSync(join(cloud.stateDir, name)).mode & 0o777, 0o600, name);
    }
    const { OS_PASSWORD: password = '' } = cloud.credentials();
    assert.ok(password.length >= 20);
    for (const name of ['nova-api', 'keystone', 'kumo']) {
      assert.ok(
        !readFileSync(join(cloud.stateDir, 'log', `${name}.log`), 'utf8').includes(password),
        `${name}.log has the password`,
      );
    }
  });

  test('logs shows lines of one service, and names those that there are', async () => {
    assert.match(await cloud.kumo('logs', 'keystone'), /^\S+ (INFO|WARN|ERROR) +keystone /m);
    assertRefused(await cloud.kumoOutcome(['logs', 'nobody']), /no log of 'nobody'; there are: .*nova-api/);
  });

  test('a second up is refused, and the first goes on', async () => {
    assertRefused(await cloud.kumoOutcome(['up', '--detach']), /already running .* kumo down/);
    assert.equal((await cloud.status()).ready, true);
  });

  test('reset asks first', async () => {
    assertRefused(await cloud.kumoOutcome(['reset']), /--yes/);
    assert.equal((await cloud.status()).ready, true);
  });

  test('down ends it, status says so, down again is no error', async () => {
    const { pid } = await cloud.status();
    assert.match((await cloud.kumoOutcome(['down'])).stderr, /Kumo is down/);
    assert.ok(!isRunning(pid!));
    assert.deepEqual(await listeners(cloud), []);
    const { code, stdout } = await cloud.kumoOutcome(['status', '--json']);
    assert.deepEqual([code, JSON.parse(stdout)], [3, { pid: null, ready: false, services: [] }]);
    const again = await cloud.kumoOutcome(['down']);
    assert.deepEqual([again.code, /not running/.test(again.stderr)], [0, true]);
  });

  test('up again keeps what there was', async () => {
    const before = cloud.credentials();
    await cloud.up();
    assert.deepEqual(cloud.credentials(), before);
    const projects = await (await cloud.api()).get<{ projects: { name: string }[] }>('identity', '/projects');
    assert.equal(projects.projects.length, 3);
  });

  test('reset --yes leaves nothing', async () => {
    await cloud.kumo('reset', '--yes');
    assert.ok(!existsSync(cloud.stateDir));
    assert.deepEqual(await listeners(cloud), []);
  });
});

describe('a cloud that cannot start', () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await Cloud.prepare({ fake: true });
  });
  after(() => cloud?.[Symbol.asyncDispose]());

  const up = () => cloud.kumoOutcome(['up']);

  test('a port is taken: it is named with its setting, and nothing else was started', async () => {
    await using squatter = createServer((socket) => socket.destroy()).listen(cloud.ports['nova-api'], '127.0.0.1');
    await once(squatter, 'listening');
    const { code, stderr, stdout } = await up();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^kumo: port ${cloud.ports['nova-api']} .*nova-api.* ports\\.nova-api`, 'm'));
    assert.doesNotMatch(stderr + stdout, /\n\s+at /, 'no stack');
    assert.deepEqual(
      (await listeners(cloud)).filter((name) => name !== 'nova-api'),
      [],
    );
    assert.equal((await cloud.status()).pid, null);
  });

  test('a wrong setting is named, an unknown one too', async () => {
    const good = readFileSync(cloud.configFile, 'utf8');
    try {
      writeFileSync(cloud.configFile, good.replace(/keystone: \d+/, 'keystone: many'));
      assertRefused(await up(), /ports\.keystone/, 2);
      writeFileSync(cloud.configFile, `${good}novaa: {}\n`);
      assertRefused(await up(), /novaa/, 2);
      writeFileSync(cloud.configFile, 'a: [\n');
      assertRefused(await up(), /yaml|YAML|a: \[/, 2);
    } finally {
      writeFileSync(cloud.configFile, good);
    }
  });

  test('trace by a name needs the cloud, and says so', async () => {
    const { code, stderr } = await outcomeOf(KUMO, ['--config', cloud.configFile, 'trace', 'web']);
    assertRefused({ code, stderr }, /nova-api, which does not answer: start the cloud with kumo up, or give the id/);
  });

  test('settings that are not there are named', async () => {
    const { code, stderr } = await outcomeOf(KUMO, ['--config', '/nowhere/kumo.yaml', 'status']);
    assertRefused({ code, stderr }, /\/nowhere\/kumo\.yaml/, 2);
  });

  test('a state directory of a newer version is left alone', async () => {
    rmSync(cloud.stateDir, { recursive: true, force: true });
    mkdirSync(cloud.stateDir);
    writeFileSync(join(cloud.stateDir, 'version'), '99\n');
    assertRefused(await up(), /newer Kumo .*99/);
    assert.deepEqual(await listeners(cloud), []);
    rmSync(cloud.stateDir, { recursive: true });
  });
});

describe('what needs no cloud', () => {
  test('every command has its help', async () => {
    const { stdout } = await outcomeOf(KUMO, ['--help']);
    for (const command of ['up', 'down', 'status', 'logs', 'openrc', 'reset', 'doctor', 'demo', 'trace', 'test']) {
      assert.match(stdout, new RegExp(`^  ${command}\\b`, 'm'));
      const help = await outcomeOf(KUMO, [command, '--help']);
      assert.equal(help.code, 0);
      assert.match(help.stdout, new RegExp(`^Usage: kumo ${command}`));
    }
    const unknown = await outcomeOf(KUMO, ['upp']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /unknown command 'upp'/);
  });

  test('doctor looks and says', async () => {
    const { code, stdout } = await outcomeOf(KUMO, ['doctor', '--json']);
    const { ready, findings } = JSON.parse(stdout) as {
      ready: boolean;
      findings: { name: string; ok: boolean; needed: boolean; detail: string }[];
    };
    assert.equal(code, ready ? 0 : 1);
    assert.equal(
      ready,
      findings.every(({ ok, needed }) => ok || !needed),
    );
    for (const name of ['Node', 'root', 'qemu-system-x86_64', '/dev/kvm', 'kernel: vxlan'])
      assert.ok(
        findings.some((finding) => finding.name === name && finding.detail),
        name,
      );
    const text = await outcomeOf(KUMO, ['doctor']);
    assert.match(text.stdout, /WHAT +DETAIL/);
  });

  test('status of a directory where nothing ever ran', async () => {
    const stateDir = mkdtempSync('/tmp/k-none-');
    const { code, stdout } = await outcomeOf(KUMO, ['status'], { env: { KUMO_STATE: stateDir } });
    rmSync(stateDir, { recursive: true });
    assert.deepEqual([code, stdout], [3, 'Kumo is not running. Start it with: kumo up\n']);
  });
});
