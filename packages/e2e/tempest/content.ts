import type { Cloud } from '../src/cloud.ts';

/** What Tempest is told of a cloud. */
export interface Content {
  readonly imageId: string;
  /** Another one with the same bytes. */
  readonly altImageId: string;
  readonly publicNetworkId: string;
  /** Neutron's extensions, with commas between. */
  readonly networkExtensions: string;
}

/** Two flavors that differ in all that a resize changes; Tempest's own defaults are larger than a test machine. */
export const FLAVOR = '42';
export const ALT_FLAVOR = '84';

/** Looks up what the first `up` made, and makes the second image. */
export async function prepareContent(cloud: Cloud): Promise<Content> {
  const api = await cloud.api('admin');
  const { images } = await api.get<{ images: { id: string; min_ram: number }[] }>('image', '/images?name=kumo-guest');
  const image = images[0]!;
  const data = await fetch(`${cloud.url('glance-api')}/v2/images/${image.id}/file`, {
    headers: { 'x-auth-token': api.token },
  });
  const alt = await api.post<{ id: string }>('image', '/images', {
    name: 'kumo-guest-alt',
    disk_format: 'qcow2',
    container_format: 'bare',
    visibility: 'public',
    min_ram: image.min_ram,
  });
  await api.send('image', 'PUT', `/images/${alt.id}/file`, { body: new Uint8Array(await data.arrayBuffer()) });
  const { networks } = await api.get<{ networks: { id: string }[] }>('network', '/networks?router:external=true');
  const { extensions } = await api.get<{ extensions: { alias: string }[] }>('network', '/extensions');
  return {
    imageId: image.id,
    altImageId: alt.id,
    publicNetworkId: networks[0]!.id,
    networkExtensions: extensions.map(({ alias }) => alias).join(),
  };
}
