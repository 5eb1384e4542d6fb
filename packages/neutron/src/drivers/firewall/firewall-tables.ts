import { checkedInteger, checkedInterface, checkedName } from '../host/checked-values.ts';
import { tapName } from '../host/marks.ts';
import { addressSet } from './address-set.ts';
import type { FirewallGroup, FirewallNetwork, FirewallPort, FirewallState } from './driver.ts';
import { guardNode, markNodeFrames, type NodeGuard } from './node-chains.ts';
import { portChains } from './port-chains.ts';
import { groupSetName } from './rule-text.ts';
import { NAMES_ITS_SENDER } from './spoof-rules.ts';
import type { TableModel, TableSet } from './table-model.ts';

/*
 * Two tables that work together. Only the bridge family knows which tap a frame comes from or goes to, but connection
 * tracking there (nf_conntrack_bridge) is missing in many kernels, the cloud ones among them. br_netfilter, which every
 * bridge of ours switches on for itself, shows bridged packets to the inet hooks; these track the connection in the
 * network's zone and leave what they found as bits of the packet's mark. On its way a bridged packet meets
 *
 *   bridge prerouting -300   clears our bits; anti-spoofing (before the bridge learns the source's MAC)
 *   inet prerouting   -300   zone · -200 conntrack · -150 sets our bits
 *   bridge prerouting  +50   anti-spoofing again of DHCP and neighbour discovery, which tracking has put together meanwhile
 *   bridge prerouting +100   egress rules of the port it comes from
 *   bridge forward           ingress rules of the port it goes to
 *   bridge postrouting       clears our bits, so that VXLAN's outer packet does not carry them
 *
 * and what the host itself sends or routes into a bridge: inet output/forward (sets our bits), bridge output (ingress rules).
 */
const ESTABLISHED = '0x10000000';
const INVALID = '0x20000000';
const OTHER_BITS = '0xcfffffff';

const STATE_VERDICTS = [`meta mark and ${ESTABLISHED} != 0 accept`];
const DROP_INVALID = `meta mark and ${INVALID} != 0 drop`;

export interface FirewallTables {
  bridge: TableModel;
  inet: TableModel;
}

/** Both tables for the whole state of a host. */
export function firewallTables(name: string, state: FirewallState, guard: NodeGuard): FirewallTables {
  const tables = { bridge: bridgeTable(`bridge ${name}`, state), inet: inetTable(`inet ${name}`, state.networks) };
  markNodeFrames(tables.bridge);
  guardNode(tables.inet, state.networks, guard);
  return tables;
}

export const portChainName = (prefix: 's' | 'e' | 'i', portId: string): string => `${prefix}_${checkedName(portId)}`;

function bridgeTable(table: string, state: FirewallState): TableModel {
  const model: TableModel = { table, chains: new Map(), sets: new Map() };
  for (const group of state.groups) addGroup(model, group);
  const filtered = state.ports.filter((port) => port.portSecurity);
  const verdicts = (prefix: 's' | 'e' | 'i') => ({
    kind: 'map' as const,
    shared: true,
    spec: 'type ifname : verdict',
    elements: new Map(filtered.map((port) => verdictElement(prefix, port))),
  });
  model.sets.set('from_spoof', verdicts('s')).set('from_egress', verdicts('e')).set('to_ingress', verdicts('i'));
  for (const port of filtered) addPort(model, port);
  const clear = `meta mark set meta mark and ${OTHER_BITS}`;
  const ingress = [...STATE_VERDICTS, 'oifname vmap @to_ingress'];
  model.chains
    .set('pre_spoof', { hook: 'type filter hook prerouting priority -300', rules: [clear, 'iifname vmap @from_spoof'] })
    .set('pre_whole', {
      hook: 'type filter hook prerouting priority 50',
      rules: NAMES_ITS_SENDER.map((packets) => `${packets} iifname vmap @from_spoof`),
    })
    .set('pre_egress', {
      hook: 'type filter hook prerouting priority 100',
      rules: [...STATE_VERDICTS, 'iifname vmap @from_egress'],
    })
    .set('forward', { hook: 'type filter hook forward priority 0', rules: ingress })
    .set('output', { hook: 'type filter hook output priority 0', rules: ingress })
    .set('post', { hook: 'type filter hook postrouting priority 0', rules: [clear] });
  return model;
}

function addPort(model: TableModel, port: FirewallPort): void {
  const { spoof, egress, ingress } = portChains(port);
  model.chains
    .set(portChainName('s', port.portId), { rules: spoof })
    .set(portChainName('e', port.portId), { rules: [DROP_INVALID, ...egress] })
    .set(portChainName('i', port.portId), { rules: [DROP_INVALID, ...ingress] });
}

function verdictElement(prefix: 's' | 'e' | 'i', port: FirewallPort): [string, string] {
  const key = `"${checkedInterface(tapName(port.portId))}"`;
  return [key, `${key} : jump ${portChainName(prefix, port.portId)}`];
}

function addGroup(model: TableModel, group: FirewallGroup): void {
  const addresses = addressSet(group.addresses);
  for (const family of ['ipv4', 'ipv6'] as const) {
    const spec = `type ${family}_addr; flags interval`;
    const elements = new Map(addresses[family].map((address) => [address, address]));
    model.sets.set(groupSetName(checkedName(group.groupId), family), { kind: 'set', shared: false, spec, elements });
  }
}

function inetTable(table: string, networks: readonly FirewallNetwork[]): TableModel {
  const quoted = networks.map((network) => ({
    name: `"${checkedInterface(network.bridge)}"`,
    zone: checkedInteger(network.zone, 0, 65_535),
  }));
  const tenants = quoted.filter(({ zone }) => zone !== 0);
  const names = (list: typeof quoted) => ({
    kind: 'set' as const,
    shared: true,
    spec: 'type ifname',
    elements: new Map(list.map(({ name }) => [name, name])),
  });
  return {
    table,
    sets: new Map<string, TableSet>([
      [
        'zones',
        {
          kind: 'map',
          shared: true,
          spec: 'typeof iifname : ct zone',
          elements: new Map(tenants.map(({ name, zone }) => [name, `${name} : ${zone}`])),
        },
      ],
      ['bridges', names(quoted)],
      ['tenant_bridges', names(tenants)],
    ]),
    chains: new Map([
      [
        'track',
        {
          rules: [
            `ct state established,related meta mark set meta mark or ${ESTABLISHED}`,
            `ct state invalid meta mark set meta mark or ${INVALID}`,
          ],
        },
      ],
      ['zone', { hook: 'type filter hook prerouting priority -300', rules: ['ct zone set iifname map @zones'] }],
      ['pre', { hook: 'type filter hook prerouting priority -150', rules: ['iifname @bridges jump track'] }],
      ['out', { hook: 'type filter hook output priority -150', rules: ['oifname @bridges jump track'] }],
      ['routed', { hook: 'type filter hook forward priority -150', rules: ['oifname @bridges jump track'] }],
      // The host has no address on a tenant's bridge, but would take packets for any of its own that a guest sends to the bridge's MAC.
      ['host', { hook: 'type filter hook input priority 0', rules: ['iifname @tenant_bridges drop'] }],
    ]),
  };
}
