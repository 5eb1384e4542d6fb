import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { dbJournal, flowRunner } from '@kumo/core/flow';
import { closeApp, createApp, novaEnvelope, policiesOf, type Route } from '@kumo/core/http';
import { PolicySet, policyOptions } from '@kumo/core/policy';
import { attachmentRoutes } from '../api/attachments.routes.ts';
import { flavorRoutes } from '../api/flavors.routes.ts';
import { hostRoutes } from '../api/hosts.routes.ts';
import { novaPolicies } from '../api/index.ts';
import { instanceActionRoutes } from '../api/instance-actions.routes.ts';
import { keyPairRoutes } from '../api/key-pairs.routes.ts';
import { limitRoutes } from '../api/limits.routes.ts';
import { serverActionRoutes } from '../api/server-actions.routes.ts';
import { serverDiagnosticsRoutes } from '../api/server-diagnostics.routes.ts';
import { serverIpRoutes } from '../api/server-ips.routes.ts';
import { serverMetadataRoutes } from '../api/server-metadata.routes.ts';
import { serverTagRoutes } from '../api/server-tags.routes.ts';
import { serverRoutes } from '../api/servers.routes.ts';
import { Aggregates } from '../app/aggregates.ts';
import { ExternalEvents } from '../app/external-events.ts';
import { Flavors } from '../app/flavors.ts';
import { Hosts } from '../app/hosts.ts';
import { InstanceActions } from '../app/instance-actions.ts';
import { Interfaces } from '../app/interfaces.ts';
import { KeyPairs } from '../app/key-pairs.ts';
import { type Neighbours, neighbours } from '../app/neighbours.ts';
import { QuotaSets } from '../app/quota-sets.ts';
import { type NovaQuotas, novaQuotas } from '../app/quotas.ts';
import { ServerConsole } from '../app/server-console.ts';
import { ServerCreation } from '../app/server-create.ts';
import { type LifecycleDeps, ServerLifecycle } from '../app/server-lifecycle.ts';
import { ServerGroupsOfPorts } from '../app/server-security-groups.ts';
import { Servers } from '../app/servers.ts';
import { VolumeAttachments } from '../app/volume-attachments.ts';
import type { NovaConfig } from '../config.ts';
import { openNovaDatabase } from '../db/open.ts';
import { serverSchedule } from '../flows/server-schedule.ts';
import { computeRpc, conductorRpc, schedulerRpc } from '../rpc/index.ts';

export const NOVA_MIN_VERSION = '2.1';
export const NOVA_MAX_VERSION = '2.96';

/** nova-api: the compute API; runs the flows `server.schedule` that it writes. */
export async function novaApi(env: DaemonEnv, config: NovaConfig): Promise<Daemon> {
  const name = 'nova-api';
  const { bus, log } = env;
  const db = await openNovaDatabase(env, name);
  const rpc = {
    compute: bus.client(computeRpc, { from: name, to: 'nova-compute' }),
    conductor: bus.client(conductorRpc, { from: name, to: 'nova-conductor' }),
    scheduler: bus.client(schedulerRpc, { from: name, to: 'nova-scheduler' }),
  };
  const runner = flowRunner({
    journal: dbJournal(db),
    flows: [serverSchedule],
    deps: rpc,
    daemon: name,
    host: env.host,
    log,
  });
  const parts = {
    env,
    config,
    db,
    rpc,
    quotas: novaQuotas(db, config),
    neighbours: neighbours(env),
    scheduleNow: () => runner.nudge(),
  };
  const routes = routesOf(parts);
  const app = createApp({
    service: name,
    type: 'compute',
    routes,
    envelope: novaEnvelope,
    versions: [
      {
        id: 'v2.1',
        status: 'CURRENT',
        version: NOVA_MAX_VERSION,
        minVersion: NOVA_MIN_VERSION,
        updated: '2013-07-23T11:33:21Z',
        path: '/v2.1/',
        mediaTypes: [{ base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' }],
      },
    ],
    microversions: {
      header: 'compute',
      legacyHeader: 'X-OpenStack-Nova-API-Version',
      min: NOVA_MIN_VERSION,
      max: NOVA_MAX_VERSION,
      changes: [],
    },
    tokens: env.tokens,
    policies: new PolicySet([...novaPolicies, ...policiesOf(routes)], policyOptions(config, log)),
    log,
    authUri: env.endpoint('keystone'),
    requestIdHeaders: ['x-compute-request-id'],
    metrics: env.metrics,
  });
  return {
    name,
    app,
    start: () => runner.start(),
    stop: async () => {
      await closeApp(app, 5_000);
      await runner.stop();
      await db.close();
    },
  };
}

interface Parts {
  env: DaemonEnv;
  config: NovaConfig;
  db: Awaited<ReturnType<typeof openNovaDatabase>>;
  rpc: Omit<LifecycleDeps, 'db'>;
  quotas: NovaQuotas;
  neighbours: Neighbours;
  scheduleNow: () => void;
}

function routesOf({ env, config, db, rpc, quotas, neighbours, scheduleNow }: Parts): Route[] {
  const { neutron, cinder } = neighbours;
  const { compute, conductor } = rpc;
  const servers = new Servers(db, config);
  const lifecycle = new ServerLifecycle({ db, compute, conductor });
  const creation = new ServerCreation({ db, config, quotas, neighbours, scheduleNow });
  const consoles = new ServerConsole(compute);
  const groups = new ServerGroupsOfPorts(db, neutron);
  const actions = new InstanceActions(db, config.maxPageSize);
  const volumes = new VolumeAttachments(db, cinder, lifecycle, env.log);
  const interfaces = new Interfaces(neutron, lifecycle, dbJournal(db));
  const { maxPageSize } = config;
  return [
    ...serverRoutes({ servers, creation, lifecycle, defaultZone: config.defaultAvailabilityZone }),
    ...serverActionRoutes({ servers, lifecycle, consoles, groups }),
    ...serverMetadataRoutes({ servers, lifecycle }),
    ...serverIpRoutes({ servers }),
    ...serverTagRoutes({ servers }),
    ...instanceActionRoutes({ servers, actions }),
    ...serverDiagnosticsRoutes({ servers, consoles }),
    ...attachmentRoutes({ servers, volumes, interfaces, groups }),
    ...flavorRoutes(new Flavors(db, maxPageSize)),
    ...keyPairRoutes(new KeyPairs(db, quotas, maxPageSize)),
    ...hostRoutes({ hosts: new Hosts(db, config), aggregates: new Aggregates(db) }),
    ...limitRoutes({ quotaSets: new QuotaSets(db, quotas, config), events: new ExternalEvents(db, compute) }),
  ];
}
