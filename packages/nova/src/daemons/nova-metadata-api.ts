import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { closeApp, createApp, novaEnvelope, policiesOf } from '@kumo/core/http';
import { PolicySet } from '@kumo/core/policy';
import { neighbourClients } from '../compute/neighbour-clients.ts';
import { NetworkSide } from '../compute/network-side.ts';
import type { NovaConfig } from '../config.ts';
import { openNovaDatabase } from '../db/open.ts';
import { metadataRoutes } from '../metadata/metadata.routes.ts';
import { MetadataService } from '../metadata/metadata-service.ts';

/** nova-metadata-api: what guests ask at 169.254.169.254, handed on by Neutron's proxy. */
export async function novaMetadataApi(env: DaemonEnv, _config: NovaConfig): Promise<Daemon> {
  const name = 'nova-metadata-api';
  const db = await openNovaDatabase(env, name);
  const network = new NetworkSide(neighbourClients(env, name).neutron, env.host);
  const proxySecret = env.sharedSecret('metadata-proxy');
  const seedSecret = env.sharedSecret('random-seed');
  const routes = metadataRoutes(new MetadataService({ db, network, proxySecret, seedSecret }));
  const app = createApp({
    service: name,
    routes,
    envelope: novaEnvelope,
    tokens: null,
    policies: new PolicySet(policiesOf(routes)),
    log: env.log,
    metrics: env.metrics,
  });
  return {
    name,
    app,
    async start() {},
    async stop() {
      await closeApp(app, 5_000);
      await db.close();
    },
  };
}
