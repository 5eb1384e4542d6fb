import { type BadRequest, type Known, NOBODY, refused, TOO_LONG } from './bad-request.ts';

const bad = refused('image');
const PATCH = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
const make = (fields: object, says: RegExp) => ({
  body: { name: 'x', disk_format: 'raw', container_format: 'bare', ...fields },
  says,
});

interface Qcow2 {
  sizeBytes: bigint;
  /** Default 16: clusters of 64 KiB. */
  clusterBits?: number;
  l1Entries?: number;
  backingFile?: string;
  dataFile?: boolean;
}

/** A qcow2 of version 3: header, L1 table and refcount table, each in a cluster of its own. */
function qcow2({ sizeBytes, clusterBits = 16, l1Entries = 1, backingFile, dataFile }: Qcow2): Uint8Array {
  const clusterBytes = 2 ** clusterBits;
  const image = Buffer.alloc(3 * clusterBytes);
  image.write('QFI\xfb', 0, 'latin1');
  image.writeUInt32BE(3, 4);
  if (backingFile) {
    image.writeBigUInt64BE(512n, 8);
    image.writeUInt32BE(backingFile.length, 16);
    image.write(backingFile, 512);
  }
  image.writeUInt32BE(clusterBits, 20);
  image.writeBigUInt64BE(sizeBytes, 24);
  image.writeUInt32BE(l1Entries, 36);
  image.writeBigUInt64BE(BigInt(clusterBytes), 40);
  image.writeBigUInt64BE(BigInt(2 * clusterBytes), 48);
  image.writeUInt32BE(1, 56);
  image.writeBigUInt64BE(dataFile ? 4n : 0n, 72);
  image.writeUInt32BE(4, 96);
  image.writeUInt32BE(104, 100);
  return image;
}

export const imageRequests = ({ imageId, queuedImageId, others }: Known): BadRequest[] => [
  bad('a disk format that is none', 400, 'POST', '/images', make({ disk_format: 'floppy' }, /disk_format/)),
  bad('min_disk is a text', 400, 'POST', '/images', make({ min_disk: 'ten' }, /min_disk/)),
  bad('min_ram is negative', 400, 'POST', '/images', make({ min_ram: -1 }, /min_ram/)),
  bad('an overlong name', 400, 'POST', '/images', make({ name: TOO_LONG }, /name/)),
  bad('an id that is no UUID', 400, 'POST', '/images', make({ id: 'me' }, /id/)),
  bad('an id that is taken', 409, 'POST', '/images', make({ id: imageId }, /already exists/)),
  bad('a read-only attribute', 403, 'POST', '/images', make({ status: 'active' }, /status/)),
  bad('a member makes a public image', 403, 'POST', '/images', make({ visibility: 'public' }, /./)),
  bad('an unknown image', 404, 'GET', `/images/${NOBODY}`, { says: new RegExp(NOBODY) }),
  bad("another project's image", 404, 'GET', `/images/${others.imageId}`),
  bad("another project's image, to delete it", 404, 'DELETE', `/images/${others.imageId}`),
  bad('a patch that is plain JSON', 415, 'PATCH', `/images/${queuedImageId}`, { body: [] }),
  bad('a patch of a read-only attribute', 403, 'PATCH', `/images/${queuedImageId}`, {
    headers: PATCH,
    body: [{ op: 'replace', path: '/status', value: 'active' }],
    says: /status/,
  }),
  bad('a patch with an operation that is none', 400, 'PATCH', `/images/${queuedImageId}`, {
    headers: PATCH,
    body: [{ op: 'burn', path: '/name' }],
  }),
  bad('a public image deleted by a member', 403, 'DELETE', `/images/${imageId}`),
  bad('a negative limit', 400, 'GET', '/images?limit=-1', { says: /limit/ }),
  bad('a marker that is nothing', 400, 'GET', `/images?marker=${NOBODY}`),
  bad('a sort key that is none', 400, 'GET', '/images?sort_key=taste', { says: /taste|sort_key/ }),
  bad('data for an unknown image', 404, 'PUT', `/images/${NOBODY}/file`, { body: Buffer.from('x') }),
  bad('data for an image that has some', 409, 'PUT', `/images/${imageId}/file`, {
    as: 'admin',
    body: Buffer.from('x'),
  }),
  bad('content that is no qcow2', 415, 'PUT', `/images/${queuedImageId}/file`, {
    body: Buffer.alloc(70_000, 'no qcow2'),
    says: /qcow2/,
  }),
  bad('a qcow2 with a backing file', 415, 'PUT', `/images/${queuedImageId}/file`, {
    body: qcow2({ sizeBytes: 2n ** 20n, backingFile: '/etc/shadow' }),
    says: /backing file/,
  }),
  bad('a qcow2 with an external data file', 415, 'PUT', `/images/${queuedImageId}/file`, {
    body: qcow2({ sizeBytes: 2n ** 20n, dataFile: true }),
    says: /data file/,
  }),
  bad('a qcow2 bomb: a petabyte in 6 MiB', 415, 'PUT', `/images/${queuedImageId}/file`, {
    body: qcow2({ sizeBytes: 2n ** 50n, clusterBits: 21, l1Entries: 2048 }),
    says: /virtual size/,
  }),
  bad('a qcow2 whose tables are absurd', 415, 'PUT', `/images/${queuedImageId}/file`, {
    body: qcow2({ sizeBytes: 2n ** 62n, l1Entries: 2 ** 32 - 1 }),
    says: /L1 table/,
  }),
];
