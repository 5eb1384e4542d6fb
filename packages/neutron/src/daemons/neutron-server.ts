import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { closeApp, createApp, neutronEnvelope, policiesOf, type Route } from '@kumo/core/http';
import { PolicySet, policyOptions } from '@kumo/core/policy';
import { quotas } from '@kumo/core/quota';
import type { Serving } from '@kumo/core/rpc';
import { agentRoutes } from '../api/agents.routes.ts';
import { floatingIpRoutes } from '../api/floating-ips.routes.ts';
import { neutronPolicies } from '../api/index.ts';
import { networkRoutes } from '../api/networks.routes.ts';
import { portRoutes } from '../api/ports.routes.ts';
import { quotaRoutes } from '../api/quotas.routes.ts';
import { routerRoutes } from '../api/routers.routes.ts';
import { securityGroupRoutes, securityGroupRuleRoutes } from '../api/security-groups.routes.ts';
import { subnetRoutes } from '../api/subnets.routes.ts';
import { systemRoutes } from '../api/system.routes.ts';
import { tagRoutes } from '../api/tags.routes.ts';
import { AgentNotifier } from '../app/agent-notifier.ts';
import { Agents } from '../app/agents.ts';
import type { NeutronDeps } from '../app/deps.ts';
import { DhcpPorts } from '../app/dhcp-ports.ts';
import { DhcpStateReader } from '../app/dhcp-state.ts';
import { FloatingIps } from '../app/floating-ips.ts';
import { IpAvailabilities } from '../app/ip-availability.ts';
import { Ipam } from '../app/ipam.ts';
import { L2StateReader } from '../app/l2-state.ts';
import { L3StateReader } from '../app/l3-state.ts';
import { MetadataLookup } from '../app/metadata-lookup.ts';
import { Networks } from '../app/networks.ts';
import { NovaNotifier } from '../app/nova-notifier.ts';
import { Ports } from '../app/ports.ts';
import { QuotaLimits } from '../app/quota-limits.ts';
import { ReportedStatus } from '../app/reported-status.ts';
import { RouterHosts } from '../app/router-hosts.ts';
import { RouterInterfaces } from '../app/router-interfaces.ts';
import { Routers } from '../app/routers.ts';
import { SecurityGroups } from '../app/security-groups.ts';
import { Subnets } from '../app/subnets.ts';
import { Tags } from '../app/tags.ts';
import type { NeutronConfig } from '../config.ts';
import { openNeutronDatabase } from '../db/open.ts';
import { overQuota } from '../errors.ts';
import { neutronServerHandlers } from '../rpc/neutron-server.handlers.ts';
import { neutronServerRpc } from '../rpc/neutron-server.ts';

/** The API, the database and what the agents are told. */
export async function neutronServer(env: DaemonEnv, config: NeutronConfig): Promise<Daemon> {
  const { log, bus } = env;
  const db = await openNeutronDatabase(env, 'neutron-server');
  const deps: NeutronDeps = {
    db,
    quota: quotas(db, {
      resources: config.quotas,
      over: (_, all) => overQuota({ resources: all.map((one) => one.resource).join("', '") }),
    }),
    ipam: new Ipam(),
    agents: new AgentNotifier(bus),
    nova: new NovaNotifier({
      nova: env.transport('nova-api'),
      keystone: env.transport('keystone'),
      user: env.serviceUser('neutron'),
      log,
    }),
    config,
    log,
  };
  const dhcp = new DhcpPorts(deps);
  const hosts = new RouterHosts(deps);
  const agents = new Agents(deps, { dhcp, routers: hosts });
  const routes = routesOf(deps, { dhcp, hosts, agents });
  const app = createApp({
    service: 'neutron-server',
    type: 'network',
    routes,
    envelope: neutronEnvelope,
    tokens: env.tokens,
    policies: new PolicySet([...neutronPolicies, ...policiesOf(routes)], policyOptions(config, log)),
    log,
    authUri: env.endpoint('keystone'),
    metrics: () => env.metrics(),
  });
  let serving: Serving | undefined;
  return {
    name: 'neutron-server',
    app,
    start: async () => {
      const parts = {
        agents,
        l2: new L2StateReader(deps),
        dhcp: new DhcpStateReader(deps),
        l3: new L3StateReader(deps),
        status: new ReportedStatus(deps),
        metadata: new MetadataLookup(deps),
      };
      serving = await bus.serve(
        neutronServerRpc,
        { server: env.host, name: 'neutron-server' },
        neutronServerHandlers(parts),
      );
    },
    stop: async () => {
      await closeApp(app);
      await serving?.close();
      await deps.nova.close();
      await db.close();
    },
  };
}

function routesOf(deps: NeutronDeps, parts: { dhcp: DhcpPorts; hosts: RouterHosts; agents: Agents }): Route[] {
  const { config } = deps;
  const routers = new Routers(deps, parts.hosts);
  const groups = new SecurityGroups(deps);
  return [
    ...networkRoutes(new Networks(deps), config),
    ...subnetRoutes(new Subnets(deps, parts.dhcp), config),
    ...portRoutes(new Ports(deps), config),
    ...routerRoutes(routers, new RouterInterfaces(deps, routers), config),
    ...floatingIpRoutes(new FloatingIps(deps), config),
    ...securityGroupRoutes(groups, config),
    ...securityGroupRuleRoutes(groups, config),
    ...agentRoutes(parts.agents, config),
    ...quotaRoutes(new QuotaLimits(deps.db, deps.quota)),
    ...tagRoutes(new Tags(deps)),
    ...systemRoutes(new IpAvailabilities(deps), config),
  ];
}
