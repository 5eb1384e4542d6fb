import type { Transport } from '@kumo/core/client';
import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { DriverError } from '@kumo/core/errors';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { Serving } from '@kumo/core/rpc';
import { agentHeartbeat, type ServerClient } from '../agents/agent-heartbeat.ts';
import { dataPlane } from '../agents/data-plane.ts';
import type { NeutronConfig } from '../config.ts';
import {
  dhcpNamespace,
  instanceHeaders,
  type MetadataPlace,
  type MetadataReply,
  type MetadataRequest,
  routerNamespace,
} from '../drivers/index.ts';
import { metadataAgentRpc } from '../rpc/agents.ts';
import { neutronServerRpc } from '../rpc/neutron-server.ts';

const BINARY = 'neutron-metadata-agent';
const ALL = 'all';
const AGAIN_MS = 500;
const NOVA_TIMEOUT_MS = 30_000;

/** Takes guests' requests for metadata to nova-metadata-api, with proof of whose they are. */
export async function neutronMetadataAgent(env: DaemonEnv, config: NeutronConfig): Promise<Daemon> {
  const { host } = env;
  const server = env.bus.client(neutronServerRpc, { from: BINARY, to: 'neutron-server' });
  const forward = forwarder(server, env.transport('nova-metadata-api'), env.sharedSecret('metadata-proxy'));
  const driver = dataPlane(env, config).metadata(forward);
  const loop: Reconciler = reconciler({
    name: BINARY,
    intervalMs: config.agentSyncSeconds * 1000,
    keys: async () => [ALL],
    reconcile: async () => {
      const { routerIds, networkIds } = await server.metadataPlaces({ host });
      const places: MetadataPlace[] = [
        ...routerIds.map((routerId) => ({ namespace: routerNamespace(routerId), routerId })),
        ...networkIds.map((networkId) => ({ namespace: dhcpNamespace(networkId), networkId })),
      ];
      try {
        await driver.sync(places);
        return undefined;
      } catch (error) {
        // The other agents have not made a namespace, or its address, yet.
        if (error instanceof DriverError && error.retryable) return { againMs: AGAIN_MS };
        throw error;
      }
    },
    maxBackoffMs: 5000,
    log: env.log,
  });
  const heartbeat = agentHeartbeat(server, env, config, {
    agentType: 'Metadata agent',
    binary: BINARY,
    availabilityZone: null,
    configurations: { nova_metadata_host: env.endpoint('nova-metadata-api') },
  });
  let serving: Serving | undefined;
  return {
    name: BINARY,
    start: async () => {
      const placesChanged = (args: { host: string }) => {
        if (args.host === host) loop.nudge(ALL);
      };
      const options = { server: host, name: BINARY, onResumed: () => loop.nudge(ALL) };
      serving = await env.bus.serve(metadataAgentRpc, options, { placesChanged });
      await heartbeat.start(() => loop.start());
    },
    stop: async () => {
      // Nobody is there to answer it, perhaps: the report under way is not waited for.
      void heartbeat.stop();
      await serving?.close();
      await loop.stop();
      await driver.close();
    },
  };
}

function forwarder(server: ServerClient, nova: Transport, secret: string) {
  return async (request: MetadataRequest): Promise<MetadataReply> => {
    const { clientIp: ip, routerId, networkId } = request;
    const { instance } = await server.metadataPort({ ip, routerId, networkId });
    if (instance === null)
      return { status: 404, headers: { 'content-type': 'text/plain' }, body: 'No instance has this address.\n' };
    const reply = await nova.send({
      method: request.method,
      path: request.path,
      headers: instanceHeaders(request, instance, secret),
      body: request.body.length === 0 ? undefined : request.body,
      streamReply: false,
      signal: AbortSignal.timeout(NOVA_TIMEOUT_MS),
    });
    const headers = Object.entries(reply.headers).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    return { status: reply.status, headers: Object.fromEntries(headers), body: reply.body as Buffer };
  };
}
