import type { Correction } from './correction.ts';

const PLUGIN = 'It belongs to a plug-in of its own, not to the reference ML2 and L3 plug-ins.';

export const NETWORK: readonly Correction[] = [
  {
    by: 'group',
    where: /^(VPNaaS|FWaaS|BGP|Tap|Port Chains|Port Pair|Flow Classifiers|Service Graph)/,
    leftOut: PLUGIN,
  },
  { by: 'path', where: /\/(bgpvpn|sfc|taas|log)\//, leftOut: PLUGIN },
  {
    by: 'path',
    isUnpublished: true,
    where: /^\/v2\.0\/quota(\/|$)/,
    leftOut: "A policy's own note names it so; the routes are /v2.0/quotas.",
  },
  {
    by: 'path',
    isUnpublished: true,
    where: /^\/v2\.0\/(agents|local-ips|local_ips)/,
    leftOut: "A policy's own note names it so; another one is the route.",
  },
  {
    by: 'path',
    isUnpublished: true,
    where: /^\/v2\.0\/\{\}/,
    leftOut: 'Tempest builds the path at run time: it stands for others of this list.',
  },
];
