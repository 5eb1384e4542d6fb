import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listen } from '@kumo/core/http';
import { run } from '../../core/src/exec/index.ts';
import { type Glance, startGlance } from './harness.ts';

const isInstalled = existsSync('/usr/bin/openstack');

describe("OpenStack's client", { skip: !isInstalled && 'python3-openstackclient is not installed' }, () => {
  let glance: Glance;
  let endpoint: string;

  const openstack = async (...args: string[]) => {
    const access = ['--os-auth-type', 'admin_token', '--os-token', 'member', '--os-endpoint', `${endpoint}/v2`];
    const { stdout } = await run('openstack', [...access, ...args], { timeoutMs: 60_000 });
    return stdout.toString();
  };

  before(async () => {
    glance = await startGlance();
    const url = await listen(glance.daemon.app!, { host: '127.0.0.1', port: 0 });
    endpoint = new URL(String(url)).origin;
  });
  after(() => glance.stop());

  test('creates, lists, changes, saves and deletes an image', async () => {
    const data = randomBytes(200_000);
    const [from, to] = [join(glance.env.stateDir, 'from'), join(glance.env.stateDir, 'to')];
    await writeFile(from, data);
    const options = [
      '--disk-format',
      'raw',
      '--container-format',
      'bare',
      '--property',
      'os_distro=debian',
      '--tag',
      't',
    ];
    await openstack('image', 'create', ...options, '--file', from, 'first');
    const [listed] = JSON.parse(await openstack('image', 'list', '--long', '-f', 'json'));
    assert.deepEqual([listed.Name, listed.Status, listed.Size, listed.Tags], ['first', 'active', 200_000, ['t']]);
    await openstack('image', 'set', '--name', 'second', '--property', 'a=b', '--min-disk', '2', '--private', 'first');
    const shown = JSON.parse(await openstack('image', 'show', 'second', '-f', 'json'));
    assert.deepEqual([shown.visibility, shown.min_disk, shown.properties.a], ['private', 2, 'b']);
    await openstack('image', 'save', '--file', to, 'second');
    assert.ok((await readFile(to)).equals(data));
    await openstack('image', 'delete', 'second');
    assert.deepEqual(JSON.parse(await openstack('image', 'list', '-f', 'json')), []);
  });
});
