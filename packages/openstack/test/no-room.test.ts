import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noSmallDisk, smallDisk } from '../../core/src/testing/small-disk.ts';

const KUMO = fileURLToPath(new URL('../../../kumo', import.meta.url));

const directory = mkdtempSync(join(tmpdir(), 'kumo-no-room-'));
after(() => rmSync(directory, { recursive: true }));

for (const [room, kib] of [
  ['nothing', 0],
  ['the secrets, and no database', 200],
] as const)
  for (const args of [['up'], ['up', '--detach']])
    test(`kumo ${args.join(' ')} with room for ${room} says what to do, and names the directory`, {
      skip: noSmallDisk,
    }, () => {
      using disk = smallDisk(1);
      disk.fill(kib << 10);
      // Nothing of it may reach the host.
      const settings = {
        ...{ stateDir: disk.path, nova: { compute: { driver: 'fake' } }, cinder: { driver: 'fake' } },
        neutron: { dataplane: 'fake' },
      };
      const file = join(directory, 'kumo.yaml');
      writeFileSync(file, JSON.stringify(settings));
      const { status, stderr } = spawnSync(KUMO, ['--config', file, ...args], { encoding: 'utf8', timeout: 60_000 });
      assert.equal(status, 1, stderr);
      assert.ok(stderr.includes(`there is no disk space left in ${disk.path}: make room there`), stderr);
      if (!args.includes('--detach')) assert.doesNotMatch(stderr, /\n {4}at /, 'no stack');
    });
