import type { Volume } from '../db/volumes.ts';
import { invalidVolume } from '../errors.ts';

/** `host@backend` of a `host@backend#pool`: who runs the volume's flows and takes its messages. */
export function backendHost(host: string): string {
  return host.split('#', 1)[0]!;
}

/** Of a volume that was placed. @throws invalidVolume when it was not. */
export function backendOf({ id, host }: Pick<Volume, 'id' | 'host'>): string {
  if (host === null) throw invalidVolume({ reason: `Volume ${id} is on no back end.` });
  return backendHost(host);
}
