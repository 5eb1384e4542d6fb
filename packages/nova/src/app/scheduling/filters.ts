import type { HostCandidate, HostWish } from './host-candidate.ts';

export interface HostFilter {
  readonly name: string;
  /** For users: why hosts were refused. */
  readonly says: string;
  accepts(host: HostCandidate, wish: HostWish): boolean;
}

const ARCHITECTURE_NAMES: Readonly<Record<string, string>> = { amd64: 'x86_64', x64: 'x86_64', arm64: 'aarch64' };

/** In the order in which they are asked: the first that refuses a host is the one that is counted. */
export const filters: readonly HostFilter[] = [
  {
    name: 'RetryFilter',
    says: 'the server could not be started on any of the hosts that were tried',
    accepts: ({ host }, { excludeHosts }) => !excludeHosts.includes(host),
  },
  {
    name: 'ComputeFilter',
    says: 'the hosts are down or disabled',
    accepts: ({ up, disabled }) => up && !disabled,
  },
  {
    name: 'RequestedHostFilter',
    says: 'the host that was asked for is not there',
    accepts: ({ host, node }, { request }) =>
      (request.host === undefined || request.host === host) && (request.node === undefined || request.node === node),
  },
  {
    name: 'AvailabilityZoneFilter',
    says: 'there is no host in the availability zone that was asked for',
    accepts: ({ zone }, { request }) => request.availabilityZone === undefined || request.availabilityZone === zone,
  },
  {
    name: 'ImagePropertiesFilter',
    says: 'no host can run the image: its properties ask for other hardware',
    accepts: ({ architecture, hypervisorType }, { request }) => {
      const { hw_architecture, architecture: legacy, img_hv_type, hypervisor_type } = request.image?.properties ?? {};
      const wantedArchitecture = hw_architecture ?? legacy;
      const wantedType = img_hv_type ?? hypervisor_type;
      return (
        (wantedArchitecture === undefined || sameArchitecture(wantedArchitecture, architecture)) &&
        (wantedType === undefined || hypervisorType === 'fake' || sameHypervisor(wantedType, hypervisorType))
      );
    },
  },
  {
    name: 'AggregateInstanceExtraSpecsFilter',
    says: 'no host has what the flavor asks for',
    accepts: ({ aggregateMetadata }, { flavor }) =>
      Object.entries(flavor.extraSpecs).every(([key, wanted]) => {
        const name = /^aggregate_instance_extra_specs:(.+)$/.exec(key)?.[1];
        return name === undefined || (aggregateMetadata[name] ?? []).includes(wanted);
      }),
  },
  {
    name: 'PlacementFilter',
    says: 'there are not enough free resources (CPU, memory or disk)',
    accepts: ({ hasRoom }) => hasRoom,
  },
];

function sameArchitecture(wanted: string, has: string): boolean {
  const known = wanted.toLowerCase();
  return (ARCHITECTURE_NAMES[known] ?? known) === has.toLowerCase();
}

/** Images say `qemu` or `kvm` for what this driver is. */
function sameHypervisor(wanted: string, has: string): boolean {
  const known = wanted.toLowerCase();
  return known === has.toLowerCase() || (known === 'kvm' && has.toLowerCase() === 'qemu');
}

export interface Filtered {
  readonly accepted: HostCandidate[];
  /** Filter → hosts that it refused, in the filters' order; only those that refused some. */
  readonly refused: { filter: HostFilter; hosts: string[] }[];
}

/** Every host is either accepted or refused by exactly one filter. */
export function filterHosts(hosts: readonly HostCandidate[], wish: HostWish, chain = filters): Filtered {
  const refused = new Map<HostFilter, string[]>();
  const accepted = hosts.filter((host) => {
    const filter = chain.find((one) => !one.accepts(host, wish));
    if (filter) refused.set(filter, [...(refused.get(filter) ?? []), host.host]);
    return filter === undefined;
  });
  const inOrder = chain.flatMap((filter) => (refused.has(filter) ? [{ filter, hosts: refused.get(filter)! }] : []));
  return { accepted, refused: inOrder };
}

/** Words for the user, numbers for admins. */
export function explainRefusal(total: number, { refused }: Filtered): { reason: string; details: string } {
  if (total === 0) return { reason: 'There is no compute host yet.', details: 'No compute node has reported so far.' };
  const words = refused.map(({ filter }) => filter.says);
  const reason = `${sentence(words)}.`;
  const details = refused.map(
    ({ filter, hosts }) => `${filter.name} refused ${hosts.length} of ${total}: ${listed(hosts)}`,
  );
  return { reason, details: details.join('; ') };
}

function sentence(words: readonly string[]): string {
  const text = words.join(', and ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const MAX_NAMED = 20;

function listed(hosts: readonly string[]): string {
  const named = hosts.slice(0, MAX_NAMED).join(', ');
  return hosts.length > MAX_NAMED ? `${named}, …` : named;
}
