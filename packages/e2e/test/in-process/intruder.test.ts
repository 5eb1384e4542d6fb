/** The intruder of the test of confinement gets hold of what an id may have: what it does not name there is really out of reach. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandAs } from '../../../core/src/confine/index.ts';
import { eventually } from '../../src/eventually.ts';
import { intrude } from '../../src/intruder.ts';

/** Nobody's, and of no range that Kumo gives to guests or volumes. */
const ID = 1_500_000_000;
const skip = process.getuid?.() === 0 ? false : 'another id can only be taken by root';

test('the intruder reads, writes, lists, connects to, signals and looks into what belongs to its id', {
  skip,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kumo-intruder-'));
  const own = join(directory, 'own');
  mkdirSync(own);
  writeFileSync(join(own, 'file'), '');
  writeFileSync(join(directory, 'secret'), '', { mode: 0o600 });
  for (const path of [directory, own, join(own, 'file')]) chownSync(path, ID, ID);
  const [program, args] = commandAs({ uid: ID, gid: ID }, 'sleep', ['60']);
  const child = spawn(program, args, { stdio: 'ignore' });
  await using server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await using unixServer = createServer((socket) => socket.destroy()).listen(join(own, 'socket'));
  try {
    await Promise.all([once(child, 'spawn'), once(server, 'listening'), once(unixServer, 'listening')]);
    chownSync(join(own, 'socket'), ID, ID);
    const pid = child.pid!;
    await eventually('sleep to run', async () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n' || undefined);
    const { port } = server.address() as AddressInfo;
    const paths = [own, join(own, 'file'), join(own, 'socket'), join(directory, 'secret')];
    const got = await intrude(ID, { paths, pids: [pid, process.pid], ports: [port] });
    const wanted = [
      `lists ${own}`,
      `makes files in ${own}`,
      ...['reads', 'writes'].map((what) => `${what} ${own}/file`),
      `connects to ${own}/socket`,
      `connects to port ${port}`,
      `signals ${pid}`,
      ...['mem', 'maps', 'environ', 'cmdline', 'status'].map((name) => `reads ${name} of ${pid}`),
      ...['fd', 'task'].map((name) => `lists ${name} of ${pid}`),
      ...['exe', 'cwd', 'root'].map((name) => `follows ${name} of ${pid}`),
      ...(mayTrace() ? [`traces ${pid}`] : []),
    ];
    assert.deepEqual(
      wanted.filter((line) => !got.includes(line)),
      [],
    );
    const roots = [
      ...['reads', 'writes'].map((what) => `${what} ${directory}/secret`),
      ...['mem', 'maps', 'environ'].map((name) => `reads ${name} of ${process.pid}`),
      ...['signals', 'traces'].map((what) => `${what} ${process.pid}`),
    ];
    assert.deepEqual(
      roots.filter((line) => got.includes(line)),
      [],
    );
  } finally {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  }
});

/** Where Yama is stricter, nobody traces a process that is not its child. */
function mayTrace(): boolean {
  try {
    return readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8').trim() === '0';
  } catch {
    return true;
  }
}
