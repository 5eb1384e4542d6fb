import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import type { Static } from 'typebox';
import { agentHeartbeat } from '../agents/agent-heartbeat.ts';
import { dataPlane } from '../agents/data-plane.ts';
import { namespaceAgent } from '../agents/namespace-agent.ts';
import type { NeutronConfig } from '../config.ts';
import { bridgeOf } from '../drivers/index.ts';
import { l3AgentRpc, metadataAgentRpc } from '../rpc/agents.ts';
import { neutronServerRpc } from '../rpc/neutron-server.ts';
import type { RouterShape } from '../rpc/shapes.ts';

const BINARY = 'neutron-l3-agent';

type RouterPort = Static<typeof RouterShape>['interfaces'][number];

/** The routers that neutron-server gives to this host. */
export async function neutronL3Agent(env: DaemonEnv, config: NeutronConfig): Promise<Daemon> {
  const { host } = env;
  const server = env.bus.client(neutronServerRpc, { from: BINARY, to: 'neutron-server' });
  const metadata = env.bus.client(metadataAgentRpc, { from: BINARY });
  const driver = dataPlane(env, config).l3();
  const portOf = ({ portId, mac, addresses, segment }: RouterPort) => {
    return { portId, mac, addresses, mtu: segment.mtu, bridge: bridgeOf(segment, config.physicalBridges) };
  };
  const ensure = async (routerId: string) => {
    const [router] = (await server.l3State({ host, routerIds: [routerId] })).routers;
    if (router === undefined) await driver.removeRouter(routerId);
    else {
      const { gateway } = router;
      const ports = gateway === null ? router.interfaces : [...router.interfaces, gateway];
      const report = await driver.ensureRouter({
        ...router,
        interfaces: router.interfaces.map(portOf),
        gateway: gateway && { ...portOf(gateway), gatewayIps: gateway.gatewayIps, enableSnat: gateway.enableSnat },
      });
      await server.portStatus({ host, ports: ports.map(({ portId }) => ({ portId, status: 'ACTIVE' as const })) });
      await server.floatingIpStatus({ host, floatingIps: report.floatingIps });
    }
    await metadata.placesChanged({ host }, { fanout: true });
  };
  return namespaceAgent(env, config, {
    binary: BINARY,
    heartbeat: agentHeartbeat(server, env, config, {
      agentType: 'L3 agent',
      binary: BINARY,
      availabilityZone: config.availabilityZone,
      configurations: { agent_mode: 'legacy', interface_driver: config.dataplane === 'fake' ? 'fake' : 'linuxbridge' },
    }),
    keys: async () => {
      const [desired, present] = [await server.l3State({ host }), await driver.report()];
      return [...new Set([...desired.routers, ...present].map((one) => one.routerId))];
    },
    ensure,
    serve: (nudge, onResumed) =>
      env.bus.serve(
        l3AgentRpc,
        { server: host, name: BINARY, onResumed },
        { routersChanged: ({ routerIds }) => nudge(routerIds) },
      ),
  });
}
