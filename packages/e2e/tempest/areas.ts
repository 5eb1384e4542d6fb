import type { Area } from './area.ts';
import { compute } from './areas/compute.ts';
import { identity } from './areas/identity.ts';
import { image } from './areas/image.ts';
import { network } from './areas/network.ts';
import { scenario } from './areas/scenario.ts';
import { volume } from './areas/volume.ts';

export const AREAS: Readonly<Record<string, Area>> = { identity, image, volume, network, compute, scenario };
