import type { Correction } from './correction.ts';

export const COMPUTE: readonly Correction[] = [
  { by: 'group', where: /shares attachments/, leftOut: 'Shares are served by Manila, which is not part of Kumo.' },
  { by: 'group', where: /Bare metal nodes/, leftOut: 'Bare metal is served by Ironic, which is not part of Kumo.' },
  {
    by: 'path',
    where: /^\/v2\.1\/os-hypervisors\/details$/,
    leftOut: "A policy's own note names it so; the route is /os-hypervisors/detail.",
  },
];
