import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Api, serverBody, startApi } from './harness.ts';
import {
  BUSY_PORT,
  BUSY_VOLUME,
  EMPTY_NETWORK,
  FOREIGN_PORT,
  IMAGE,
  image,
  images,
  NETWORK,
  PUBLIC_NETWORK,
  VOLUME,
} from './neighbours.ts';

let api: Api;
const QUEUED = 'a0000000-0000-4000-8000-000000000002';
const BIG = 'a0000000-0000-4000-8000-000000000003';
const NOBODY = 'f0000000-0000-4000-8000-00000000000f';
before(async () => {
  images.set(QUEUED, image(QUEUED, { status: 'queued' }));
  images.set(BIG, image(BIG, { min_disk: 50 }));
  api = await startApi({ hosts: [] });
});
after(() => api.stop());

const volume = (more: object) => ({
  block_device_mapping_v2: [{ source_type: 'volume', destination_type: 'volume', uuid: VOLUME, ...more }],
});

/** Each: what is asked for besides a good request, the status, words of the message, and the microversion. */
type Refused = [string, Record<string, unknown>, number, RegExp, string?];
const refused: Refused[] = [
  ['no name', { name: undefined }, 400, /name/],
  ['a name of blanks', { name: ' ' }, 400, /name/],
  ['a name that is too long', { name: 'x'.repeat(256) }, 400, /name/],
  ['a name that is a number', { name: 1 }, 400, /name/],
  ['no flavor', { flavorRef: undefined }, 400, /flavorRef/],
  ['an unknown flavor', { flavorRef: 'none' }, 400, /Flavor none could not be found/],
  ['an image that is no UUID', { imageRef: 'x' }, 400, /imageRef/],
  ...['.', '..'].flatMap((uuid): Refused[] => [
    [`an image ${uuid}`, { imageRef: uuid }, 400, /imageRef|image/],
    [`a volume ${uuid}`, volume({ uuid }), 400, /failed to get volume/],
    [`a snapshot ${uuid}`, volume({ source_type: 'snapshot', uuid }), 400, /failed to get snapshot/],
    [`an image ${uuid} in a volume`, volume({ source_type: 'image', uuid, volume_size: 1 }), 400, /image/],
    [`a network ${uuid}`, { networks: [{ uuid }] }, 400, /uuid|Network/],
    [`a port ${uuid}`, { networks: [{ port: uuid }] }, 400, /port/i],
  ]),
  ['an unknown image', { imageRef: NOBODY }, 400, /Can not find requested image/],
  ['an image without data', { imageRef: QUEUED }, 400, /is not active/],
  ['an image for a larger disk', { imageRef: BIG }, 400, /smaller than the minimum size/],
  ['nothing to boot from', { imageRef: '' }, 400, /Boot sequence/],
  ['an unknown network', { networks: [{ uuid: NOBODY }] }, 400, /Network .* could not be found/],
  ['a network without a subnet', { networks: [{ uuid: EMPTY_NETWORK }] }, 400, /requires a subnet/],
  ['an external network', { networks: [{ uuid: PUBLIC_NETWORK }] }, 403, /external network/],
  ['a network without an id', { networks: [{}] }, 400, /Bad network format/],
  ['an unknown port', { networks: [{ port: NOBODY }] }, 400, /Port id .* could not be found/],
  ['a port in use', { networks: [{ port: BUSY_PORT }] }, 409, /still in use/],
  ["a port of another project's that may be seen", { networks: [{ port: FOREIGN_PORT }] }, 400, /not usable/],
  ['a port twice', { networks: [{ port: BUSY_PORT }, { port: BUSY_PORT }] }, 409, /still in use/],
  [
    'an address outside the subnet',
    { networks: [{ uuid: NETWORK, fixed_ip: '192.168.0.1' }] },
    400,
    /not a valid ip address/,
  ],
  ['an address that is none', { networks: [{ uuid: NETWORK, fixed_ip: '300.1.1.1' }] }, 400, /fixed_ip/],
  ['auto before 2.37', { networks: 'auto' }, 400, /networks/],
  ['no networks in 2.37', { networks: undefined }, 400, /networks/, '2.37'],
  ['an unknown key', { key_name: 'none' }, 400, /Invalid key_name/],
  ['an unknown security group', { security_groups: [{ name: 'none' }] }, 400, /Unable to find security_group/],
  ['user data that is not base64', { user_data: '%%%' }, 400, /user_data/],
  ['user data that is too long', { user_data: 'QUJD'.repeat(16_384) }, 400, /user_data/],
  ['metadata with a number', { metadata: { a: 1 } }, 400, /metadata/],
  ['metadata with a long value', { metadata: { a: 'x'.repeat(256) } }, 400, /metadata/],
  [
    'too much metadata',
    { metadata: Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`k${at}`, 'v'])) },
    403,
    /metadata items/,
  ],
  ['a zone that is not there', { availability_zone: 'moon' }, 400, /availability zone/],
  ['a host, by an ordinary user', { availability_zone: 'nova:host-1' }, 403, /forced_host/],
  ['min_count above max_count', { min_count: 3, max_count: 2 }, 400, /min_count \(3\) is larger than max_count \(2\)/],
  ['min_count 0', { min_count: 0 }, 400, /min_count/],
  [
    'more than the quota',
    { min_count: 11 },
    403,
    /^Quota exceeded for instances: Requested 11, but already used 0 of 10 instances$/,
  ],
  ['an unknown volume', volume({ uuid: NOBODY }), 400, /failed to get volume/],
  ['a volume in use', volume({ uuid: BUSY_VOLUME }), 400, /status must be 'available'/],
  [
    'an unknown snapshot',
    { block_device_mapping_v2: [{ source_type: 'snapshot', destination_type: 'volume', uuid: NOBODY }] },
    400,
    /failed to get snapshot/,
  ],
  [
    'a new volume without a size',
    { block_device_mapping_v2: [{ source_type: 'blank', destination_type: 'volume' }] },
    400,
    /non-zero size/,
  ],
  [
    'a device without a source',
    { block_device_mapping_v2: [{ source_type: 'volume', destination_type: 'volume' }] },
    400,
    /needs a uuid/,
  ],
  ['two root disks', volume({ boot_index: 0 }), 400, /Boot sequence/],
  ['a root volume that is not bootable', { imageRef: '', ...volume({ boot_index: 0 }) }, 400, /is not bootable/],
  ['a gap in the boot order', volume({ boot_index: 2 }), 400, /Boot sequence/],
  [
    'two device names alike',
    {
      block_device_mapping_v2: [
        { source_type: 'blank', destination_type: 'volume', volume_size: 1, device_name: 'vdb' },
        { source_type: 'blank', destination_type: 'volume', volume_size: 1, device_name: '/dev/vdb' },
      ],
    },
    400,
    /device name is there twice/,
  ],
  ['tags before 2.52', { tags: ['a'] }, 400, /tags/],
  ['a description before 2.19', { description: 'a' }, 400, /description/],
  ['a hostname with a dot before 2.94', { hostname: 'a.b' }, 400, /hostname/, '2.90'],
  ['trusted certificates', { trusted_image_certificates: ['a'] }, 400, /trusted_image_certificates/, '2.63'],
  ['something unknown', { colour: 'red' }, 400, /colour/],
];

for (const [what, more, status, words, version] of refused) {
  test(`${what}: ${status}`, async () => {
    const reply = await api.post('/v2.1/servers', { server: { ...serverBody, ...more } }, { version });
    assert.equal(reply.status, status, JSON.stringify(reply.body));
    const [fault] = Object.values(reply.body) as { code: number; message: string }[];
    assert.equal(fault!.code, status);
    assert.match(fault!.message, words);
  });
}

test('several possible networks and none', async () => {
  const ask = (networks: unknown, version: string) =>
    api.post('/v2.1/servers', { server: { ...serverBody, networks } }, { version });
  api.neutron.own = [NETWORK, EMPTY_NETWORK];
  assert.equal(
    (await ask(undefined, '2.1')).body.conflictingRequest.message,
    'Multiple possible networks found, use a Network ID to be more specific.',
  );
  api.neutron.own = [];
  assert.equal((await ask('auto', '2.37')).status, 400);
  api.neutron.own = [NETWORK];
  api.neutron.portQuota.used = 100;
  assert.equal((await ask('auto', '2.37')).status, 403);
  api.neutron.portQuota.used = 0;
});

test('nothing of all this was written down', async () => {
  for (const table of ['servers', 'flows', 'instance_actions', 'block_device_mappings'] as const)
    assert.deepEqual(await api.cloud.db.q.selectFrom(table).selectAll().execute(), [], table);
  const { absolute } = (await api.get('/v2.1/limits')).body.limits;
  assert.equal(absolute.totalInstancesUsed, 0);
  assert.equal(absolute.totalRAMUsed, 0);
});

test('malformed bodies and versions', async () => {
  assert.equal((await api.post('/v2.1/servers', '{')).status, 400);
  assert.equal((await api.post('/v2.1/servers', { server: [] })).status, 400);
  assert.equal((await api.post('/v2.1/servers', undefined)).status, 400);
  assert.equal((await api.get('/v2.1/servers', { version: '2.97' })).status, 406);
  assert.equal((await api.get('/v2.1/servers', { version: 'x' })).status, 400);
  assert.equal(
    (await api.get('/v2.1/servers', { version: 'latest' })).headers['openstack-api-version'],
    'compute 2.96',
  );
  assert.equal((await api.post(`/v2.1/servers/${IMAGE}/action`, { dance: null })).status, 400);
});
