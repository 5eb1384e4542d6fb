import { type BadRequest, type Known, NOBODY, refused, TOO_LONG } from './bad-request.ts';

const bad = refused('volume');
const volume = (wrong: string, status: number, fields: object, says: RegExp) =>
  bad(wrong, status, 'POST', '/volumes', { body: { volume: { size: 1, ...fields } }, says });

export const volumeRequests = ({ volumeId, others }: Known): BadRequest[] => [
  volume('a volume of nothing', 400, { size: 0 }, /size/),
  volume('a negative size', 400, { size: -1 }, /size/),
  volume('half a gigabyte', 400, { size: 0.5 }, /size/),
  volume('a size that is a text', 400, { size: 'big' }, /size/),
  volume('no size', 400, { size: undefined }, /size/),
  volume('an overlong name', 400, { name: TOO_LONG }, /name/),
  volume('metadata that is a list', 400, { metadata: ['a'] }, /metadata/),
  volume('an unknown type', 404, { volume_type: 'gold' }, /gold/),
  volume('an unknown snapshot', 404, { snapshot_id: NOBODY }, new RegExp(NOBODY)),
  volume('an unknown source', 404, { source_volid: NOBODY }, new RegExp(NOBODY)),
  volume('an unknown image', 400, { imageRef: NOBODY }, /image/),
  volume("another project's volume as a source", 404, { source_volid: others.volumeId }, new RegExp(others.volumeId)),
  volume('more gigabytes than the quota allows', 413, { size: 5000 }, /[Qq]uota/),
  bad('an unknown volume', 404, 'GET', `/volumes/${NOBODY}`, { says: new RegExp(NOBODY) }),
  bad("another project's volume", 404, 'GET', `/volumes/${others.volumeId}`),
  bad("another project's volume, to delete it", 404, 'DELETE', `/volumes/${others.volumeId}`),
  bad('a size below the present one', 400, 'POST', `/volumes/${volumeId}/action`, {
    body: { 'os-extend': { new_size: 1 } },
    says: /size/,
  }),
  bad('a snapshot of an unknown volume', 404, 'POST', '/snapshots', {
    body: { snapshot: { volume_id: NOBODY } },
    says: new RegExp(NOBODY),
  }),
  bad('force is a text', 400, 'POST', '/snapshots', {
    body: { snapshot: { volume_id: volumeId, force: 'perhaps' } },
    says: /force/,
  }),
  bad('an attachment of an unknown volume', 404, 'POST', '/attachments', {
    body: { attachment: { volume_uuid: NOBODY, instance_uuid: NOBODY } },
  }),
  bad('a member makes a volume type', 403, 'POST', '/types', { body: { volume_type: { name: 'gold' } } }),
  bad('a microversion of the future', 406, 'GET', '/volumes', { headers: { 'openstack-api-version': 'volume 3.999' } }),
  bad('a negative limit', 400, 'GET', '/volumes?limit=-1', { says: /limit/ }),
  bad('no token', 401, 'GET', '/volumes', { as: null }),
];
