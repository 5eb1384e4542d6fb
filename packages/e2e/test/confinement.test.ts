/**
 * Two guests of two projects on one host, each with a volume. A process with the id of one of the guests, or of one of the
 * volumes' storage daemons, in the host's own namespaces, is let loose on every file and socket that Kumo or a guest has
 * anywhere, on every process and on every TCP server of the host.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Api } from '../src/api.ts';
import { Cloud } from '../src/cloud.ts';
import { succeed } from '../src/command.ts';
import { guestPids } from '../src/host-state.ts';
import { intrude, type Targets } from '../src/intruder.ts';
import { imageAndVolume, makeVolume, requestServer, untilStatus, usualParts } from '../src/servers.ts';

interface Guest {
  serverId: string;
  volumeId: string;
  pid: number;
  uid: number;
  /** The storage daemon of its volume. */
  daemon: { pid: number; uid: number };
}

let cloud: Cloud;
const guests: Guest[] = [];
let paths: string[];

before(async () => {
  cloud = await Cloud.start();
  for (const account of ['admin', 'demo'] as const) guests.push(await makeGuest(await cloud.api(account)));
  paths = await kumosPaths();
});
after(() => cloud?.[Symbol.asyncDispose]());

async function makeGuest(api: Api): Promise<Guest> {
  const { imageRef, flavorRef, networkId } = await usualParts(api);
  const volumeId = await makeVolume(api, 'confined');
  const serverId = await requestServer(api, {
    name: 'confined',
    imageRef,
    flavorRef,
    config_drive: true,
    networks: [{ uuid: networkId }],
    block_device_mapping_v2: imageAndVolume(imageRef, volumeId),
  });
  await untilStatus(api, serverId, 'ACTIVE');
  const pid = guestPids(cloud.stateDir).get(serverId);
  assert.ok(pid, `server ${serverId} has a process`);
  const daemon = pids().find((one) => argumentsNaming(one, volumeId).startsWith('qemu-storage-daemon'));
  assert.ok(daemon, `volume ${volumeId} has a storage daemon`);
  return { serverId, volumeId, pid, uid: userOf(pid), daemon: { pid: daemon, uid: userOf(daemon) } };
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function userOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** A process' arguments when they name `what`; none of one that ended meanwhile. */
function argumentsNaming(pid: number, what: string): string {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return text.includes(what) ? text : '';
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return '';
  }
}

/** Below Kumo's directories, or belonging to an id that it may have given: on every file system of the host. */
async function kumosPaths(): Promise<string[]> {
  const own = [cloud.stateDir, cloud.configFile, `/run/kumo-${cloud.cloudId}`].flatMap((path) => [
    ...['-o', '-path', path, '-o', '-path', `${path}/*`],
  ]);
  const theirs = ['(', '-uid', '+1879048191', '-o', '-gid', '+1879048191', '-o', '-user', 'kumo-guest', ...own, ')'];
  const skipped = ['(', '-path', '/proc', '-o', '-path', '/sys', ')', '-prune'];
  // Files that vanish while it looks make it complain.
  const found = await succeed('find', ['/', '-ignore_readdir_race', ...skipped, '-o', ...theirs, '-print']);
  return found.split('\n').filter(Boolean);
}

function listeningPorts(): number[] {
  const lines = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n').slice(1));
  const listening = lines.map((line) => line.trim().split(/\s+/)).filter((fields) => fields[3] === '0A');
  return [...new Set(listening.map((fields) => Number.parseInt(fields[1]!.split(':').at(-1)!, 16)))];
}

test('each guest and each volume has an id of its own, and of no account', () => {
  const uids = guests.flatMap(({ uid, daemon }) => [uid, daemon.uid]);
  assert.equal(new Set(uids).size, 4);
  const accounts = readFileSync('/etc/passwd', 'utf8');
  for (const uid of uids) assert.ok(uid > 1000 && !accounts.includes(`:${uid}:`), `${uid} is no account`);
});

for (const [index, project] of ['admin', 'demo'].entries()) {
  test(`the id of ${project}'s guest gets hold of its own, and of nothing else's`, { timeout: 300_000 }, async (t) => {
    const { uid, pid, serverId, volumeId } = guests[index]!;
    const instance = join(cloud.stateDir, 'nova', 'instances', serverId);
    const door = join(cloud.stateDir, 'volumes', 'run', volumeId, `g${uid}`);
    const got = await intrudeAs(t, uid, pid);
    // So that the intruder is known to be one.
    for (const line of [`reads ${instance}/disk`, `writes ${instance}/disk`, `connects to ${instance}/run/qmp.sock`])
      assert.ok(got.includes(line), line);
    assert.deepEqual(beyond(got, [instance, door]), []);
    const kept = got.filter((line) => /\/(id|spec\.json|qemu\.log|console\.log\.1)$/.test(line));
    assert.deepEqual(kept, [], 'what root keeps of a guest is not its own');
  });

  test(`the id of ${project}'s volume gets hold of its own, and of nothing else's`, { timeout: 300_000 }, async (t) => {
    const { daemon, volumeId } = guests[index]!;
    const volumes = join(cloud.stateDir, 'volumes');
    const got = await intrudeAs(t, daemon.uid, daemon.pid);
    const own = [join(volumes, 'volumes', `volume-${volumeId}`), join(volumes, 'run', volumeId)];
    for (const line of [`reads ${own[0]}`, `writes ${own[0]}`]) assert.ok(got.includes(line), line);
    assert.deepEqual(beyond(got, own), []);
  });
}

/** What a process of this id gets hold of, its own process left out. */
async function intrudeAs(t: TestContext, uid: number, own: number): Promise<string[]> {
  const targets: Targets = { paths, pids: pids().filter((pid) => pid !== own), ports: listeningPorts() };
  t.diagnostic(`${paths.length} paths, ${targets.pids.length} processes, ${targets.ports.length} ports`);
  for (const { serverId } of guests)
    for (const name of ['disk', 'config.iso', 'spec.json', 'run/qmp.sock'])
      assert.ok(paths.includes(join(cloud.stateDir, 'nova', 'instances', serverId, name)), `${name} is looked at`);
  assert.ok(targets.ports.includes(cloud.ports.keystone), 'the APIs are looked at');
  return intrude(uid, targets);
}

/** The lines about anything that is not one of `own`, nor below it. */
function beyond(got: readonly string[], own: readonly string[]): string[] {
  return got.filter((line) => {
    const path = line.slice(line.indexOf('/'));
    return !own.some((mine) => path === mine || path.startsWith(`${mine}/`));
  });
}
