import type { NetHost } from '../host/net-host.ts';
import type { FirewallPort, FirewallState } from './driver.ts';
import { ruleText } from './rule-text.ts';

/** Addresses whose tracked connections are no longer what they were allowed as. */
export interface FlushTarget {
  zone: number;
  ip: string;
}

/**
 * Ports that lost a rule, an address or a remote group's member, or went altogether. A port that is new starts without
 * connections, one that only gained keeps them.
 */
export function flushPlan(before: FirewallState, after: FirewallState): FlushTarget[] {
  const zones = new Map(before.networks.map((network) => [network.networkId, network.zone]));
  const remaining = new Map(after.ports.map((port) => [port.portId, port]));
  const shrunk = shrunkGroups(before, after);
  return before.ports.flatMap((port) => {
    const zone = zones.get(port.networkId);
    if (zone === undefined || !port.portSecurity || !lost(port, remaining.get(port.portId), shrunk)) return [];
    return port.fixedIps.map(({ ip }) => ({ zone, ip }));
  });
}

/**
 * Forgets connections to and from the targets. What is still allowed is picked up again by its next packet. A
 * connection that is no longer allowed one way goes on only if the other side's packets open it anew by their own rules.
 */
export async function forgetFlows(host: NetHost, targets: readonly FlushTarget[]): Promise<void> {
  for (const { zone, ip } of targets) {
    const family = ip.includes(':') ? 'ipv6' : 'ipv4';
    // Exit code 1: there were none.
    for (const side of ['--orig-src', '--orig-dst']) {
      await host.exec('conntrack', ['-D', '-f', family, '--zone', String(zone), side, ip], { okCodes: [0, 1] });
    }
  }
}

function lost(before: FirewallPort, after: FirewallPort | undefined, shrunk: ReadonlySet<string>): boolean {
  if (!after?.portSecurity) return true;
  const rules = new Set(after.rules.map(ruleKey));
  const addresses = new Set(after.fixedIps.map(({ ip }) => ip));
  return (
    before.rules.some((rule) => !rules.has(ruleKey(rule)) || shrunk.has(rule.remoteGroupId ?? '')) ||
    before.fixedIps.some(({ ip }) => !addresses.has(ip))
  );
}

const ruleKey = (rule: FirewallPort['rules'][number]): string => `${rule.direction} ${ruleText(rule)}`;

function shrunkGroups(before: FirewallState, after: FirewallState): Set<string> {
  const members = new Map(after.groups.map((group) => [group.groupId, new Set(group.addresses)]));
  return new Set(
    before.groups
      .filter((group) => group.addresses.some((address) => !members.get(group.groupId)?.has(address)))
      .map((group) => group.groupId),
  );
}
