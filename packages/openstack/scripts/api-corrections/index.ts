import { BLOCK_STORAGE } from './block-storage.ts';
import { COMPUTE } from './compute.ts';
import type { Correction } from './correction.ts';
import { IDENTITY } from './identity.ts';
import { IMAGE } from './image.ts';
import { NETWORK } from './network.ts';

interface Corrections {
  /** The package that serves it. */
  readonly package: string;
  /** Where the documents' paths begin that name no version. */
  readonly prefix: string;
  /** The project's id may stand behind the version, or not. */
  readonly projectIsOptional?: boolean;
  readonly of: readonly Correction[];
}

export const CORRECTIONS: Readonly<Record<string, Corrections>> = {
  identity: { package: 'keystone', prefix: '/v3', of: IDENTITY },
  image: { package: 'glance', prefix: '/v2', of: IMAGE },
  compute: { package: 'nova', prefix: '/v2.1', of: COMPUTE },
  placement: { package: 'placement', prefix: '', of: [] },
  network: { package: 'neutron', prefix: '/v2.0', of: NETWORK },
  'block-storage': { package: 'cinder', prefix: '/v3', projectIsOptional: true, of: BLOCK_STORAGE },
};
