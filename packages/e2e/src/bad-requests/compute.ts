import { type BadRequest, type Known, NOBODY, refused, TOO_LONG } from './bad-request.ts';

const bad = refused('compute');

export const computeRequests = ({
  flavorId,
  imageId,
  queuedImageId,
  networkId,
  serverId,
  userId,
  projectId,
  others,
}: Known): BadRequest[] => {
  const server = (wrong: string, status: number, fields: object, says: RegExp) =>
    bad(wrong, status, 'POST', '/servers', {
      body: {
        server: { name: 'x', flavorRef: flavorId, imageRef: imageId, networks: [{ uuid: networkId }], ...fields },
      },
      says,
    });
  const action = (wrong: string, status: number, body: object, says = /./) =>
    bad(wrong, status, 'POST', `/servers/${serverId}/action`, { body, says });
  return [
    server('a server without a name', 400, { name: undefined }, /name/),
    server('an overlong name', 400, { name: TOO_LONG }, /name/),
    server('an unknown field', 400, { colour: 'red' }, /colour/),
    server('an unknown flavor', 400, { flavorRef: 'nowhere' }, /nowhere/),
    server('an unknown image', 400, { imageRef: NOBODY }, /image/),
    server('an image reference that is no UUID', 400, { imageRef: 'kumo' }, /imageRef/),
    server('an image without data', 400, { imageRef: queuedImageId }, /not active/),
    server('networks is a number', 400, { networks: 7 }, /networks/),
    server('an unknown network', 400, { networks: [{ uuid: NOBODY }] }, new RegExp(NOBODY)),
    server("another project's network", 400, { networks: [{ uuid: others.networkId }] }, new RegExp(others.networkId)),
    server("another project's port", 400, { networks: [{ port: others.portId }] }, new RegExp(others.portId)),
    server(
      'a fixed address that is none',
      400,
      { networks: [{ uuid: networkId, fixed_ip: '10.0.0.999' }] },
      /fixed_ip/,
    ),
    server('an overlong metadata value', 400, { metadata: { key: TOO_LONG } }, /metadata|key/),
    server('a metadata value that is a number', 400, { metadata: { key: 5 } }, /metadata|key/),
    server('an unknown key pair', 400, { key_name: 'nobody' }, /key_name/),
    server('user data that is no base64', 400, { user_data: '***' }, /user_data/),
    server('user data beyond 64 KiB', 400, { user_data: 'A'.repeat(70_000) }, /user_data/),
    server('an unknown security group', 400, { security_groups: [{ name: 'nobody' }] }, /nobody/),
    server('fewer than no servers', 400, { min_count: -1 }, /min_count/),
    server('at least more than at most', 400, { min_count: 3, max_count: 2 }, /min_count/),
    server('more servers than the quota allows', 403, { min_count: 3, max_count: 3 }, /[Qq]uota/),
    server(
      'an unknown volume to boot from',
      400,
      {
        imageRef: '',
        block_device_mapping_v2: [{ boot_index: 0, uuid: NOBODY, source_type: 'volume', destination_type: 'volume' }],
      },
      new RegExp(NOBODY),
    ),
    server(
      "another project's volume",
      400,
      {
        imageRef: '',
        block_device_mapping_v2: [
          { boot_index: 0, uuid: others.volumeId, source_type: 'volume', destination_type: 'volume' },
        ],
      },
      /./,
    ),
    server('an availability zone that is none', 400, { availability_zone: 'moon' }, /availability zone/),
    bad('an unknown server', 404, 'GET', `/servers/${NOBODY}`, { says: new RegExp(NOBODY) }),
    bad("another project's server", 404, 'GET', `/servers/${others.serverId}`),
    bad("another project's server, to delete it", 404, 'DELETE', `/servers/${others.serverId}`),
    bad("another project's server, to stop it", 404, 'POST', `/servers/${others.serverId}/action`, {
      body: { 'os-stop': null },
    }),
    action('an action that is none', 400, { 'os-dance': null }),
    action('two actions at once', 400, { 'os-stop': null, 'os-start': null }),
    action('a reboot that is neither soft nor hard', 400, { reboot: { type: 'WARM' } }, /type/),
    action('the start of a server that runs', 409, { 'os-start': null }, /vm_state active/),
    bad('a negative limit', 400, 'GET', '/servers?limit=-1', { says: /limit/ }),
    bad('a marker that is nothing', 400, 'GET', `/servers?marker=${NOBODY}`, { says: /marker/ }),
    bad('a microversion of the future', 406, 'GET', '/servers', {
      headers: { 'openstack-api-version': 'compute 2.999' },
    }),
    bad('a microversion that is none', 400, 'GET', '/servers', { headers: { 'openstack-api-version': 'compute two' } }),
    bad('no token', 401, 'GET', '/servers', { as: null }),
    bad('a member makes a flavor', 403, 'POST', '/flavors', {
      body: { flavor: { name: 'f', ram: 64, vcpus: 1, disk: 1 } },
    }),
    bad('a flavor with negative memory', 400, 'POST', '/flavors', {
      as: 'admin',
      body: { flavor: { name: 'f', ram: -64, vcpus: 1, disk: 1 } },
      says: /ram/,
    }),
    bad('a flavor whose processors are a text', 400, 'POST', '/flavors', {
      as: 'admin',
      body: { flavor: { name: 'f', ram: 64, vcpus: 'two', disk: 1 } },
      says: /vcpus/,
    }),
    bad('a flavor name that is taken', 409, 'POST', '/flavors', {
      as: 'admin',
      body: { flavor: { name: 'm1.nano', ram: 64, vcpus: 1, disk: 1 } },
      says: /m1\.nano/,
    }),
    bad('a key that is none', 400, 'POST', '/os-keypairs', {
      body: { keypair: { name: 'k', type: 'ssh', public_key: 'ssh-ed25519 nonsense' } },
    }),
    bad('an unknown key pair', 404, 'GET', '/os-keypairs/nobody', { says: /nobody/ }),
    bad('an unknown volume to attach', 404, 'POST', `/servers/${serverId}/os-volume_attachments`, {
      body: { volumeAttachment: { volumeId: NOBODY } },
      says: new RegExp(NOBODY),
    }),
    bad("another project's volume to attach", 404, 'POST', `/servers/${serverId}/os-volume_attachments`, {
      body: { volumeAttachment: { volumeId: others.volumeId } },
    }),
    bad('a quota below -1', 400, 'PUT', `/os-quota-sets/${projectId}`, {
      as: 'admin',
      body: { quota_set: { instances: -2 } },
      says: /instances/,
    }),
    bad('a member changes a quota', 403, 'PUT', `/os-quota-sets/${projectId}`, {
      body: { quota_set: { instances: 99 } },
    }),
    bad('a user id where a server belongs', 404, 'GET', `/servers/${userId}`),
  ];
};
