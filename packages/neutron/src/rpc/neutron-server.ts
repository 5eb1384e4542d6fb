import { call, rpc } from '@kumo/core/rpc';
import { Type as T } from 'typebox';
import { DhcpNetworkShape, L2StateShape, RouterShape } from './shapes.ts';

const Host = T.String({ minLength: 1, maxLength: 190 });
const Ids = T.Array(T.String());

/** What agents ask and tell neutron-server. Every method may be repeated. */
export const neutronServerRpc = rpc('neutron-server', '1.0', {
  /** "I am here": registers the agent, keeps it alive. */
  reportState: call(
    T.Object({
      agentType: T.String(),
      binary: T.String(),
      host: Host,
      availabilityZone: T.Union([T.String(), T.Null()]),
      configurations: T.Record(T.String(), T.Unknown()),
      /** When this process of the agent began. */
      startedAt: T.String(),
    }),
    T.Object({ agentId: T.String() }),
    { timeoutMs: 30_000 },
  ),
  /** Everything that the host's switches and filters shall hold. */
  l2State: call(T.Object({ host: Host }), L2StateShape),
  /** The same of some ports only; those that are gone, or no longer on this host, are missing in the reply. */
  l2Ports: call(T.Object({ host: Host, portIds: Ids }), L2StateShape),
  /** The networks that this host's DHCP agent serves, or those among `networkIds`. */
  dhcpState: call(
    T.Object({ host: Host, networkIds: T.Optional(Ids) }),
    T.Object({ networks: T.Array(DhcpNetworkShape) }),
  ),
  /** The routers that this host's L3 agent runs, or those among `routerIds`. */
  l3State: call(T.Object({ host: Host, routerIds: T.Optional(Ids) }), T.Object({ routers: T.Array(RouterShape) })),
  /** Ports that work now, or no longer. A report about a port of another host changes nothing. */
  portStatus: call(
    T.Object({
      host: Host,
      ports: T.Array(T.Object({ portId: T.String(), status: T.Enum(['ACTIVE', 'DOWN']) })),
    }),
    T.Void(),
  ),
  floatingIpStatus: call(
    T.Object({
      host: Host,
      floatingIps: T.Array(T.Object({ floatingIpId: T.String(), status: T.Enum(['ACTIVE', 'DOWN']) })),
    }),
    T.Void(),
  ),
  /** Where this host's metadata agent shall listen. */
  metadataPlaces: call(T.Object({ host: Host }), T.Object({ routerIds: Ids, networkIds: Ids })),
  /** The instance that has this address behind the router, or on the network. */
  metadataPort: call(
    T.Object({ ip: T.String(), routerId: T.Optional(T.String()), networkId: T.Optional(T.String()) }),
    T.Object({ instance: T.Union([T.Object({ instanceId: T.String(), projectId: T.String() }), T.Null()]) }),
    { timeoutMs: 10_000 },
  ),
});
