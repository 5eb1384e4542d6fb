import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { agentHeartbeat } from '../agents/agent-heartbeat.ts';
import { dataPlane } from '../agents/data-plane.ts';
import { namespaceAgent } from '../agents/namespace-agent.ts';
import type { NeutronConfig } from '../config.ts';
import { bridgeOf } from '../drivers/index.ts';
import { dhcpAgentRpc, metadataAgentRpc } from '../rpc/agents.ts';
import { neutronServerRpc } from '../rpc/neutron-server.ts';

const BINARY = 'neutron-dhcp-agent';

/** A DHCP server for each network that neutron-server gives to this host. */
export async function neutronDhcpAgent(env: DaemonEnv, config: NeutronConfig): Promise<Daemon> {
  const { host } = env;
  const server = env.bus.client(neutronServerRpc, { from: BINARY, to: 'neutron-server' });
  const metadata = env.bus.client(metadataAgentRpc, { from: BINARY });
  const driver = dataPlane(env, config).dhcp();
  const ensure = async (networkId: string) => {
    const [network] = (await server.dhcpState({ host, networkIds: [networkId] })).networks;
    if (network === undefined) await driver.removeNetwork(networkId);
    else {
      const { segment, portId, mac, ...rest } = network;
      const port = { portId, mac, mtu: segment.mtu, bridge: bridgeOf(segment, config.physicalBridges) };
      await driver.ensureNetwork({ ...rest, networkId, mtu: segment.mtu, port });
      await server.portStatus({ host, ports: [{ portId, status: 'ACTIVE' }] });
    }
    await metadata.placesChanged({ host }, { fanout: true });
  };
  return namespaceAgent(env, config, {
    binary: BINARY,
    heartbeat: agentHeartbeat(server, env, config, {
      agentType: 'DHCP agent',
      binary: BINARY,
      availabilityZone: config.availabilityZone,
      configurations: {
        dhcp_driver: config.dataplane === 'fake' ? 'fake' : 'dnsmasq',
        dhcp_lease_duration: config.dhcpLeaseSeconds,
      },
    }),
    keys: async () => {
      const [desired, present] = [await server.dhcpState({ host }), await driver.report()];
      return [
        ...new Set([...desired.networks.map((one) => one.segment.networkId), ...present.map((one) => one.networkId)]),
      ];
    },
    ensure,
    serve: (nudge, onResumed) =>
      env.bus.serve(
        dhcpAgentRpc,
        { server: host, name: BINARY, onResumed },
        { networksChanged: ({ networkIds }) => nudge(networkIds) },
      ),
  });
}
