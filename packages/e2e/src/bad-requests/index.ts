import type { BadRequest, Known } from './bad-request.ts';
import { bodyRequests } from './bodies.ts';
import { computeRequests } from './compute.ts';
import { identityRequests } from './identity.ts';
import { imageRequests } from './image.ts';
import { networkRequests } from './network.ts';
import { placementRequests } from './placement.ts';
import { volumeRequests } from './volume.ts';

export type { BadRequest, Known } from './bad-request.ts';

export const badRequests = (known: Known): BadRequest[] => [
  ...identityRequests(known),
  ...imageRequests(known),
  ...computeRequests(known),
  ...networkRequests(known),
  ...volumeRequests(known),
  ...placementRequests(known),
  ...bodyRequests(),
];
