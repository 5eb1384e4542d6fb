import type { ServerDescription } from '../rpc/shapes.ts';

/** The image that becomes the server's root disk on this host; undefined when it boots from a volume. */
export function bootImageOf(server: Pick<ServerDescription, 'imageRef' | 'blockDevices'>): string | undefined {
  if (bootsFromVolume(server)) return undefined;
  return server.imageRef === '' ? undefined : server.imageRef;
}

export function bootsFromVolume({ blockDevices }: Pick<ServerDescription, 'blockDevices'>): boolean {
  return blockDevices.some(({ bootIndex, destinationType }) => bootIndex === 0 && destinationType === 'volume');
}
