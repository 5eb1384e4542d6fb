import type { Network, Port } from '../db/records.ts';

/** Names that programs trust without having been told of them. */
const TRUSTED = ['localhost', 'metadata', 'instance-data', 'wpad', 'isatap'];

/** The form of the names that ports without one have by their address. */
const BY_ADDRESS = /^host(-\d{1,3}){4}$/;

type Named = Pick<Port, 'id' | 'projectId' | 'dnsName' | 'dnsNamedAt' | 'createdAt'>;

/**
 * The `dns_name`s, by port id, under which the DNS of a network answers. A name that several ports have belongs to the
 * project of the one that had it first: on a shared network nobody is answered for under another project's name. Names
 * that programs trust are for the network's own project alone, and those made of addresses for nobody. A port that is not
 * in here is found by its address's name (`host-10-0-0-5`), as one without a `dns_name` is.
 */
export function dnsNames(network: Pick<Network, 'projectId'>, ports: readonly Named[]): Map<string, string> {
  const holders = new Map<string, string>();
  const names = new Map<string, string>();
  for (const port of ports.toSorted(byAge)) {
    const name = port.dnsName.toLowerCase();
    if (name === '' || BY_ADDRESS.test(name)) continue;
    if (TRUSTED.includes(name) && port.projectId !== network.projectId) continue;
    const holder = holders.get(name) ?? port.projectId;
    holders.set(name, holder);
    if (holder === port.projectId) names.set(port.id, port.dnsName);
  }
  return names;
}

function byAge(a: Named, b: Named): number {
  const [left, right] = [a, b].map((port) => [port.dnsNamedAt ?? port.createdAt, port.createdAt, port.id].join(' '));
  return (left as string) < (right as string) ? -1 : 1;
}
