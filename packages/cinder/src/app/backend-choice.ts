import type { BackendReport } from '../db/services.ts';

export interface Backend extends BackendReport {
  /** `host@backend#pool` */
  host: string;
  availabilityZone: string;
}

export interface WantedVolume {
  sizeGb: number;
  availabilityZone: string;
  extraSpecs: Readonly<Record<string, string>>;
}

interface CapacityRules {
  maxOverSubscriptionRatio: number;
  reservedPercentage: number;
}

/** Says why a back end will not do; undefined when it does. */
type BackendFilter = (backend: Backend, wanted: WantedVolume, rules: CapacityRules) => string | undefined;

const availabilityZone: BackendFilter = (backend, wanted) =>
  backend.availabilityZone === wanted.availabilityZone
    ? undefined
    : `it is in availability zone ${backend.availabilityZone}`;

const capabilities: BackendFilter = (backend, { extraSpecs }) => {
  const name = extraSpecs.volume_backend_name;
  return name === undefined || name === backend.backendName
    ? undefined
    : `its back end is ${backend.backendName}, not ${name}`;
};

const capacity: BackendFilter = (backend, { sizeGb }, { maxOverSubscriptionRatio, reservedPercentage }) => {
  const usable = backend.freeGb - (backend.totalGb * reservedPercentage) / 100;
  if (!backend.thinProvisioning) return usable >= sizeGb ? undefined : `${Math.floor(usable)} GB are free`;
  const promised = backend.provisionedGb + sizeGb;
  if (promised > backend.totalGb * maxOverSubscriptionRatio)
    return `it has promised ${backend.provisionedGb} GB already`;
  // A thin volume may grow to its size at any time: what is free must go for it, at the ratio that is allowed.
  return usable * maxOverSubscriptionRatio >= sizeGb ? undefined : `${Math.floor(usable)} GB are free`;
};

const FILTERS: readonly BackendFilter[] = [availabilityZone, capabilities, capacity];

/** The back end with the most room among those that pass every filter, and what the others lack. Pure. */
export function chooseBackend(
  backends: readonly Backend[],
  wanted: WantedVolume,
  rules: CapacityRules,
): { chosen?: Backend; refusals: string[] } {
  const refusals: string[] = [];
  const passing = backends.filter((backend) => {
    const reason = FILTERS.map((filter) => filter(backend, wanted, rules)).find((one) => one !== undefined);
    if (reason !== undefined) refusals.push(`${backend.host}: ${reason}.`);
    return reason === undefined;
  });
  const room = ({ freeGb, totalGb, provisionedGb }: Backend) =>
    Math.min(freeGb, totalGb * rules.maxOverSubscriptionRatio - provisionedGb);
  const [chosen] = passing.toSorted((a, b) => room(b) - room(a) || (a.host < b.host ? -1 : 1));
  return { chosen, refusals };
}
