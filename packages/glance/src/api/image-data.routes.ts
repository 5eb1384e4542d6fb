import { implement } from '@kumo/core/http';
import type { ImageTransfers } from '../app/image-data.ts';
import type { Images } from '../app/images.ts';
import { dataTypeUnsupported, imageDeactivated, rangeInvalid } from '../errors.ts';
import { viewerOf } from './image-access.ts';
import { downloadImage, uploadImage } from './image-data.ts';
import { seen } from './images.routes.ts';

export const imageDataRoutes = (images: Images, transfers: ImageTransfers) => [
  implement(uploadImage, async (input) => {
    const image = await seen(images, input);
    const { headers, body } = input;
    if (headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/octet-stream')
      throw dataTypeUnsupported();
    const exactBytes = headers['x-openstack-image-size'];
    const sizeBytes = exactBytes ?? headers['content-length'];
    await transfers.upload(image, body, { sizeBytes, exact: exactBytes !== undefined });
  }),

  implement(downloadImage, async (input) => {
    const image = await seen(images, input);
    const { headers, reply } = input;
    if (image.status === 'deactivated' && !viewerOf(input).isAdmin) throw imageDeactivated();
    if (image.location === null) {
      reply.status(204);
      return undefined;
    }
    const sizeBytes = image.sizeBytes ?? 0;
    const range = rangeOf(headers.range, sizeBytes);
    const data = await transfers.download(image.location, range);
    reply.header('content-length', range ? range.lengthBytes : sizeBytes);
    if (range) {
      reply.status(206);
      reply.header('content-range', `bytes ${range.offset}-${range.offset + range.lengthBytes - 1}/${sizeBytes}`);
    } else if (image.checksum !== null) reply.header('content-md5', image.checksum);
    return data;
  }),
];

/** The one range that was asked for; undefined: all of it. Units other than bytes are ignored, as HTTP wants it. */
function rangeOf(header: string | undefined, sizeBytes: number): { offset: number; lengthBytes: number } | undefined {
  if (header === undefined || !header.startsWith('bytes=')) return undefined;
  const [, first, last] = /^bytes=\s*(\d{0,16})-(\d{0,16})\s*$/.exec(header) ?? [];
  const refused = () =>
    rangeInvalid({ range: header, sizeBytes }, { headers: { 'Content-Range': `bytes */${sizeBytes}` } });
  if (first === undefined || last === undefined || (first === '' && last === '')) throw refused();
  const offset = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (offset > end) throw refused();
  return { offset, lengthBytes: end - offset + 1 };
}
