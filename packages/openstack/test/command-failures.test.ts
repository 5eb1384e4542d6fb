/** Every command, where its reader goes away or the system refuses it something: one sentence, no stack trace. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'kumo-failures-'));
after(() => {
  for (const name of ['closed', 'closed-parts']) chmodSync(join(dir, name), 0o700);
  rmSync(dir, { recursive: true, force: true });
});
const isRoot = process.getuid?.() === 0;
const token = join(dir, 'token');
writeFileSync(token, 'x');

/** All commands but `test` and `tempest`, which run for minutes and read no state. */
const COMMANDS: readonly (readonly string[])[] = [
  ['up'],
  ['up', '--detach'],
  ['down'],
  ['status'],
  ['status', '--json'],
  ['logs'],
  ['logs', 'keystone', '-n', '5'],
  ['openrc'],
  ['demo'],
  ['trace', '5e2a8c1e-6d5c-4a0e-8d3c-6f2b5c0a9b11'],
  ['reset', '--yes'],
  ['doctor'],
  ['node'],
  ['policy', 'show', 'nova'],
  ['policy', 'explain', '--service', 'nova', '--rule', 'x', '--token-file', token],
  ['api', 'coverage', 'nothing'],
  ['keystone', 'bootstrap'],
  ['keystone', 'fernet', 'rotate'],
  ['keystone', 'credential', 'rotate'],
  ['keystone', 'token', 'inspect', token],
  ['keystone', 'users', 'lock', 'admin'],
  ['keystone', 'users', 'unlock', 'admin'],
  ['keystone', 'mapping', 'purge', '--all'],
  ['keystone', 'import', '--from', 'mysql://u:p@127.0.0.1:1/keystone'],
];
/** Would run on for good, or make a cloud, where nothing is in their way. */
const STARTS = new Set(['up', 'node']);
const READ_NO_STATE = new Set(['doctor', 'api']);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Root without the right to look into what is closed: as everybody else. */
const PLAIN_ROOT = [
  '--bounding-set=-dac_override,-dac_read_search,-fowner',
  '--inh-caps=-dac_override,-dac_read_search,-fowner',
];

function kumo(args: readonly string[], { env, closed }: { env: NodeJS.ProcessEnv; closed?: boolean }): Promise<Ended> {
  const words = [process.execPath, '--no-maglev', '--disable-warning=ExperimentalWarning', MAIN, ...args];
  const all = isRoot ? ['setpriv', ...PLAIN_ROOT, '--', ...words] : words;
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  const child = spawn(all[0] as string, all.slice(1), {
    env: { PATH: process.env.PATH, HOME: dir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const heard = { stdout: '', stderr: '' };
  // Before the first byte is written: a reader that takes nothing.
  if (closed) child.stdout.destroy();
  else child.stdout.on('data', (chunk) => (heard.stdout += chunk));
  child.stderr.on('data', (chunk) => (heard.stderr += chunk));
  child.once('error', reject);
  child.once('close', (code) => resolve({ code, ...heard }));
  return promise;
}

/** One to three sentences of ours, and nothing of Node's. */
function assertToldPlainly(args: readonly string[], { code, stderr }: Ended): void {
  const text = `kumo ${args.join(' ')}: exit code ${code}\n${stderr}`;
  assert.doesNotMatch(stderr, /^\s+at |node:internal|node:events|Node\.js v\d/m, text);
  assert.ok(code !== null, `${text}did not end`);
}

function state(name: string): NodeJS.ProcessEnv {
  return { KUMO_STATE: join(dir, name) };
}

test('the list of commands is complete', () => {
  const listed = new Set(COMMANDS.map(([first]) => first));
  const help = spawnSync(process.execPath, ['--no-maglev', MAIN, '--help'], { encoding: 'utf8' }).stdout;
  const there = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)\b/gm)].map(
    ([, name]) => name as string,
  );
  assert.deepEqual(
    there.filter((name) => !listed.has(name) && !['test', 'tempest', 'help'].includes(name)),
    [],
  );
});

describe('a state directory that may not be looked into', { concurrency: 2 }, () => {
  mkdirSync(join(dir, 'closed'), { mode: 0o000 });
  for (const args of COMMANDS)
    test(args.join(' '), async () => {
      const ended = await kumo(args, { env: state('closed') });
      assertToldPlainly(args, ended);
      if (READ_NO_STATE.has(args[0] as string)) return;
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, /^kumo: .*closed.*: permission denied for .*KUMO_STATE=/m);
    });
});

describe('what another user keeps in its state directory', {
  concurrency: 2,
  skip: isRoot ? false : 'needs root',
}, () => {
  mkdirSync(join(dir, 'closed-parts'));
  for (const name of ['run', 'log', 'db']) {
    const path = join(dir, 'closed-parts', name);
    mkdirSync(path, { mode: 0o700 });
    if (isRoot) chownSync(path, 65_534, 65_534);
  }
  writeFileSync(join(dir, 'closed-parts', 'version'), '1\n');
  if (isRoot) chownSync(join(dir, 'closed-parts'), 65_534, 65_534);
  chmodSync(join(dir, 'closed-parts'), 0o711);
  for (const args of COMMANDS)
    test(args.join(' '), async () => {
      const ended = await kumo(args, { env: state('closed-parts') });
      assertToldPlainly(args, ended);
      if (READ_NO_STATE.has(args[0] as string)) return;
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, /^kumo: .*closed-parts\/run: permission denied for /m);
    });
});

describe('no state directory, and none can be made', { concurrency: 2 }, () => {
  writeFileSync(join(dir, 'file'), '');
  for (const args of COMMANDS)
    test(args.join(' '), async () => {
      const ended = await kumo(args, { env: state('file/below') });
      assertToldPlainly(args, ended);
    });
});

describe('no state directory yet', { concurrency: 2 }, () => {
  for (const args of COMMANDS.filter(([first]) => !STARTS.has(first as string)))
    test(args.join(' '), async () =>
      assertToldPlainly(args, await kumo(args, { env: state(`none-${args.join('-').replaceAll('/', '-')}`) })),
    );
});

describe('a broken kumo.yaml', { concurrency: 2 }, () => {
  mkdirSync(join(dir, 'broken'));
  writeFileSync(join(dir, 'broken', 'kumo.yaml'), 'ports: {\nkeystone');
  for (const args of COMMANDS)
    test(args.join(' '), async () => {
      const ended = await kumo(args, { env: state('broken') });
      assertToldPlainly(args, ended);
      if (READ_NO_STATE.has(args[0] as string)) return;
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, /kumo\.yaml/);
    });
});

describe('a reader that goes away', { concurrency: 2 }, () => {
  for (const args of [
    ...COMMANDS.filter(([first]) => !STARTS.has(first as string)),
    ['--help'],
    ['policy', 'show', 'keystone', '--json'],
  ])
    test(args.join(' '), async () => {
      const ended = await kumo(args, { env: state(`unread-${args.join('-').replaceAll('/', '-')}`), closed: true });
      assertToldPlainly(args, ended);
      if (['policy', 'doctor'].includes(args[0] as string) && args[1] !== 'explain')
        assert.deepEqual([ended.code, ended.stderr], [141, ''], 'ends as SIGPIPE ends a program');
    });
});
