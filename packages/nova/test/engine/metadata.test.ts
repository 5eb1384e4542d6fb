import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Daemon } from '@kumo/core/daemon';
import { novaMetadataApi } from '../../src/daemons/nova-metadata-api.ts';
import { updateServer } from '../../src/db/servers.ts';
import { type Cloud, PROJECT, startCloud } from './cloud.ts';

let cloud: Cloud;
let metadata: Daemon;
let id: string;

before(async () => {
  cloud = await startCloud();
  metadata = await novaMetadataApi(cloud.env, cloud.config);
  id = await cloud.create();
  await cloud.active(id);
  const userData = Buffer.from([0x1f, 0x8b, 0xff, 0x00]).toString('base64');
  const keyData = 'ssh-ed25519 AAAA test';
  await updateServer(cloud.db.q, id, { userData, keyName: 'k', keyType: 'ssh', keyData });
});
after(async () => {
  await metadata.stop();
  await cloud.stop();
});

function ask(url: string, changes: Record<string, string | undefined> = {}) {
  const signature = createHmac('sha256', cloud.env.sharedSecret('metadata-proxy')).update(id).digest('hex');
  const headers = { 'x-instance-id': id, 'x-tenant-id': PROJECT, 'x-instance-id-signature': signature, ...changes };
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  return metadata.app!.inject({ url, headers: given as Record<string, string> });
}

test('OpenStack and EC2 formats', async () => {
  const meta = (await ask('/openstack/latest/meta_data.json')).json();
  assert.equal(meta.uuid, id);
  assert.equal(meta.hostname, 'test.novalocal');
  assert.deepEqual(meta.public_keys, { k: 'ssh-ed25519 AAAA test' });
  assert.equal(meta.random_seed, (await ask('/openstack/latest/meta_data.json')).json().random_seed);
  assert.equal('keys' in (await ask('/openstack/2012-08-10/meta_data.json')).json(), false);
  const network = (await ask('/openstack/latest/network_data.json')).json();
  assert.equal(network.networks[0].type, 'ipv4_dhcp');
  assert.equal(network.links[0].mtu, 1450);
  assert.deepEqual([...(await ask('/openstack/latest/user_data')).rawPayload], [0x1f, 0x8b, 0xff, 0x00]);
  assert.deepEqual([...(await ask('/latest/user-data')).rawPayload], [0x1f, 0x8b, 0xff, 0x00]);
  assert.equal((await ask('/2009-04-04/meta-data/public-keys/')).body, '0=k');
  assert.equal((await ask('/latest/meta-data/public-keys/0/openssh-key')).body, 'ssh-ed25519 AAAA test');
  assert.match((await ask('/latest/meta-data/local-ipv4')).body, /^10\.0\.0\./);
  assert.match((await ask('/latest/meta-data/')).body, /^placement\/$/m);
  assert.match((await ask('/')).body, /^latest$/m);
  assert.match((await ask('/openstack')).body, /^2018-08-27$/m);
});

test('only what the proxy signed for the right project is answered', async () => {
  const url = '/openstack/latest/meta_data.json';
  assert.equal((await ask(url, { 'x-instance-id-signature': '00'.repeat(32) })).statusCode, 403);
  assert.equal((await ask(url, { 'x-instance-id-signature': 'zz' })).statusCode, 403);
  assert.equal((await ask(url, { 'x-instance-id-signature': undefined })).statusCode, 403);
  assert.equal((await ask(url, { 'x-instance-id': undefined })).statusCode, 400);
  assert.equal((await ask(url, { 'x-tenant-id': '2'.repeat(32) })).statusCode, 404);
  assert.equal((await ask('/openstack/latest/nothing')).statusCode, 404);
  assert.equal((await ask('/2030-01-01/meta-data')).statusCode, 404);
});
