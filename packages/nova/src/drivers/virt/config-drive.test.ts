import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DriverError } from '@kumo/core/errors';
import { run } from '@kumo/core/exec';
import { buildConfigDrive } from './config-drive.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kumo-config-drive-'));
});
after(() => rm(directory, { recursive: true, force: true }));

test('an ISO labelled config-2 with Rock Ridge and Joliet names, 0600, and nothing beside it', async () => {
  const target = join(directory, 'config.iso');
  const content = `{"admin_pass": "s3cret", "name": "münchen"}`;
  await buildConfigDrive(target, { 'openstack/latest/old.json': 'old' });
  await buildConfigDrive(target, { 'openstack/latest/meta_data.json': content, 'ec2/2009-04-04/meta-data.json': '{}' });
  const { stdout: volume } = await run('isoinfo', ['-d', '-i', target]);
  assert.match(volume, /^Volume id: config-2$/m);
  assert.match(volume, /Rock Ridge/);
  assert.match(volume, /Joliet/);
  const { stdout: names } = await run('isoinfo', ['-R', '-f', '-i', target]);
  assert.deepEqual(
    names
      .trim()
      .split('\n')
      .filter((name) => name.endsWith('.json'))
      .sort(),
    ['/ec2/2009-04-04/meta-data.json', '/openstack/latest/meta_data.json'],
  );
  assert.equal((await run('isoinfo', ['-R', '-i', target, '-x', '/openstack/latest/meta_data.json'])).stdout, content);
  assert.equal((await stat(target)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(directory), ['config.iso']);
});

test('paths that leave the drive and too much content are refused, and leave nothing', async () => {
  const target = join(directory, 'bad.iso');
  for (const path of ['../x', '/etc/x', 'a//b', 'a/./b', '', 'a\\b', 'a\nb', `${'n'.repeat(65)}`]) {
    await assert.rejects(buildConfigDrive(target, { [path]: 'x' }), DriverError, path);
  }
  await assert.rejects(buildConfigDrive(target, { a: 'x'.repeat((64 << 20) + 1) }), DriverError);
  assert.deepEqual(await readdir(directory), ['config.iso']);
});
