/** A volume's storage daemon is killed again and again while a guest writes to it: the guest sees a pause and no error, and every block that it flushed is there. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../src/api.ts';
import { Cloud } from '../src/cloud.ts';
import { eventually } from '../src/eventually.ts';
import { GuestShell, makeSshAccess } from '../src/guest-shell.ts';
import {
  giveFloatingIp,
  imageAndVolume,
  makeVolume,
  removeServer,
  requestServer,
  untilStatus,
  untilVolume,
  usualParts,
} from '../src/servers.ts';

const KILLS = 5;
const BACK_WITHIN_MS = 5_000;
const BLOCK = 256 << 10;

/** Writes random blocks one after the other, each flushed before its number and checksum are noted. */
const WRITER = `
i=0
while [ ! -e /tmp/stop ]; do
  head -c ${BLOCK} /dev/urandom >/tmp/block
  dd if=/tmp/block of=/dev/vdb bs=${BLOCK} seek=$i conv=notrunc,fsync 2>/tmp/dd || { cat /tmp/dd; exit 1; }
  echo "$i $(md5sum </tmp/block | cut -c1-32)" >>/tmp/written
  i=$((i + 1))
done`;

const files = mkdtempSync(join(tmpdir(), 'kumo-e2e-'));
let cloud: Cloud;
let admin: Api;
let volumeId: string;
let serverId: string;
let guest: GuestShell;

before(async () => {
  cloud = await Cloud.start();
  admin = await cloud.api();
  volumeId = await makeVolume(admin, 'killed');
  const privateKey = await makeSshAccess(admin, 'killed', files);
  const { imageRef, flavorRef, networkId } = await usualParts(admin);
  serverId = await requestServer(admin, {
    name: 'killed',
    imageRef,
    flavorRef,
    key_name: 'killed',
    networks: [{ uuid: networkId }],
    security_groups: [{ name: 'killed' }],
    block_device_mapping_v2: imageAndVolume(imageRef, volumeId),
  });
  await untilStatus(admin, serverId, 'ACTIVE');
  const { address } = await giveFloatingIp(admin, serverId);
  guest = await new GuestShell(address, privateKey).ready(120_000);
});
after(async () => {
  await cloud?.[Symbol.asyncDispose]();
  rmSync(files, { recursive: true });
});

const daemonPid = () => Number(readFileSync(join(cloud.stateDir, 'volumes', 'run', volumeId, 'daemon', 'pid'), 'utf8'));

/** The blocks that the guest has written and flushed: their numbers and checksums. */
async function written(): Promise<[number, string][]> {
  const lines = (await guest.run('cat /tmp/written')).split('\n').filter(Boolean);
  return lines.map((line) => line.split(' ')).map(([block, sum]) => [Number(block), sum!]);
}

test('storage daemons are killed under a guest that writes and flushes', { timeout: 300_000 }, async () => {
  await guest.run(`cat >/tmp/writer <<'END'\n${WRITER}\nEND\nsh /tmp/writer >/tmp/failed 2>&1 </dev/null & sleep 1`);
  const daemons = new Set([daemonPid()]);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const former = daemonPid();
    const before = (await written()).length;
    const killedAt = performance.now();
    process.kill(former, 'SIGKILL');
    // In the guest: a flushed block after those that can have been under way when the daemon died.
    await eventually('the guest to write on', async () => ((await written()).length > before + 3 ? true : undefined), {
      timeoutMs: BACK_WITHIN_MS,
      everyMs: 100,
    });
    assert.ok(performance.now() - killedAt < BACK_WITHIN_MS);
    daemons.add(daemonPid());
    await sleep(1_000);
  }
  assert.equal(daemons.size, KILLS + 1, 'each was another daemon');
  await guest.run('touch /tmp/stop; sleep 2');
  assert.equal(await guest.run('cat /tmp/failed'), '');
  assert.doesNotMatch(await guest.run('dmesg'), /I\/O error/i);

  const blocks = await written();
  assert.ok(blocks.length > KILLS * 4, `${blocks.length} blocks were written`);
  await removeServer(admin, serverId);
  await untilVolume(admin, volumeId, 'available');
  const volume = join(cloud.stateDir, 'volumes', 'volumes', `volume-${volumeId}`);
  await using file = await open(volume);
  const sumOf = async (block: number) => {
    const { buffer } = await file.read(Buffer.alloc(BLOCK), 0, BLOCK, block * BLOCK);
    return createHash('md5').update(buffer).digest('hex');
  };
  for (const [block, sum] of blocks) assert.equal(await sumOf(block), sum, `block ${block}`);
});
