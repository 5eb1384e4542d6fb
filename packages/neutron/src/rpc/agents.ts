import { cast, rpc } from '@kumo/core/rpc';
import { Type as T } from 'typebox';

const Ids = T.Array(T.String());

/**
 * Nudges by fanout: something changed, ask. One that is lost costs time only: agents look at everything when the broker is back
 * after it was away, and now and then.
 */
export const l2AgentRpc = rpc('neutron-linuxbridge-agent', '1.0', {
  /** Ports made, changed or deleted; `hosts` are those that they are or were bound to. */
  portsChanged: cast(T.Object({ portIds: Ids, hosts: Ids })),
  /** Networks, or other hosts' ports of them, changed. */
  networksChanged: cast(T.Object({ networkIds: Ids })),
  securityGroupsChanged: cast(T.Object({ securityGroupIds: Ids })),
});

export const dhcpAgentRpc = rpc('neutron-dhcp-agent', '1.0', {
  networksChanged: cast(T.Object({ networkIds: Ids })),
});

export const l3AgentRpc = rpc('neutron-l3-agent', '1.0', {
  routersChanged: cast(T.Object({ routerIds: Ids })),
});

export const metadataAgentRpc = rpc('neutron-metadata-agent', '1.0', {
  /** A router's or a network's namespace on this host came or went. */
  placesChanged: cast(T.Object({ host: T.String() })),
});
