import type { Context } from '@kumo/core/context';
import { afterCommit, type Db } from '@kumo/core/db';
import { flows } from '@kumo/core/flow';
import type { RpcClient } from '@kumo/core/rpc';
import type { Allocations, Placement } from '../../compute/allocations.ts';
import { bootsFromVolume } from '../../compute/boot-image.ts';
import type { NovaConfig } from '../../config.ts';
import { blockDevicesOf } from '../../db/block-devices.ts';
import { startEvent } from '../../db/instance-actions.ts';
import type { NovaTables } from '../../db/schema.ts';
import { findServer, type Server, updateServer } from '../../db/servers.ts';
import { claimLost, noValidHost, serverIsLeaving, serverNotFound } from '../../errors.ts';
import { type BuildInput, serverBuild } from '../../flows/server-build.ts';
import type { computeRpc } from '../../rpc/compute.ts';
import { explainRefusal, filterHosts } from './filters.ts';
import type { HostCandidate } from './host-candidate.ts';
import { candidatesOf, readCloudFacts } from './host-candidates.ts';
import { requiredTraits, resourcesOf } from './resources.ts';
import { rankHosts } from './weighers.ts';

export const BUILD_EVENT = 'compute__do_build_and_run_instance';

export interface HostSelectorDeps {
  readonly db: Db<NovaTables>;
  readonly placement: Placement;
  readonly allocations: Allocations;
  readonly config: Pick<NovaConfig, 'serviceDownSeconds' | 'defaultAvailabilityZone'>;
  readonly random: () => number;
  readonly compute: RpcClient<typeof computeRpc.methods>;
}

export interface HostRequest {
  readonly serverId: string;
  readonly excludeHosts: readonly string[];
  readonly attempt: number;
}

/** Of how many of the best hosts one is chosen by chance. */
const SPREAD = 3;
/** How many hosts are tried to claim on before the request is given back for another try. */
const CLAIMS = 10;

/** nova-scheduler's work: one host for one server, claimed, written down and nudged. */
export class HostSelector {
  readonly #deps: HostSelectorDeps;

  constructor(deps: HostSelectorDeps) {
    this.#deps = deps;
  }

  /** Repetitions give the same answer. @throws noValidHost, serverIsLeaving, serverNotFound, claimLost (retryable) */
  async select(request: HostRequest, ctx?: Context): Promise<{ host: string; node: string }> {
    const server = await this.#server(request.serverId);
    if (server.host !== null) return { host: server.host, node: server.node ?? server.host };
    const devices = await blockDevicesOf(this.#deps.db.q, [server.id]);
    const resources = resourcesOf(server.flavor, bootsFromVolume({ blockDevices: devices }));
    for (const candidate of await this.#ranked(server, resources, request, ctx)) {
      if (!(await this.#claimed(server, candidate, resources, ctx))) continue;
      return this.#write(server, candidate, resources, request, ctx);
    }
    throw claimLost({ host: 'every candidate' }, { retryable: true });
  }

  async #server(serverId: string): Promise<Server> {
    const server = await findServer(this.#deps.db.q, serverId);
    if (!server) throw serverNotFound({ id: serverId });
    if (server.taskState === 'deleting') throw serverIsLeaving({ id: serverId });
    return server;
  }

  async #ranked(server: Server, resources: Record<string, number>, request: HostRequest, ctx?: Context) {
    const { db, placement, config, random } = this.#deps;
    const required = requiredTraits(server.flavor.extraSpecs, server.request.image?.properties ?? {});
    const [facts, offer] = await Promise.all([
      readCloudFacts(db.q),
      placement.listAllocationCandidates({
        query: {
          resources: Object.entries(resources)
            .map(([name, amount]) => `${name}:${amount}`)
            .join(','),
          ...(required.length > 0 ? { required: [required.join(',')] } : {}),
        },
        ctx,
      }),
    ]);
    const hosts = candidatesOf(facts, offer, config);
    const { flavor, request: wished } = server;
    const filtered = filterHosts(hosts, { flavor, request: wished, excludeHosts: request.excludeHosts });
    if (filtered.accepted.length === 0) throw noValidHost(explainRefusal(hosts.length, filtered));
    return rankHosts(filtered.accepted, SPREAD, random).slice(0, CLAIMS);
  }

  async #claimed(server: Server, { providerId }: HostCandidate, resources: Record<string, number>, ctx?: Context) {
    try {
      await this.#deps.allocations.claim(server, providerId, resources, ctx);
      return true;
    } catch (error) {
      if (claimLost.is(error)) return false;
      throw error;
    }
  }

  /** Host and build flow commit together, and only while the server still waits for a host. */
  async #write(
    server: Server,
    { host, node, zone, providerId }: HostCandidate,
    resources: Record<string, number>,
    { excludeHosts, attempt }: HostRequest,
    ctx?: Context,
  ): Promise<{ host: string; node: string }> {
    const { db, allocations, compute } = this.#deps;
    const input: BuildInput = { serverId: server.id, attempt, excludeHosts: [...excludeHosts] };
    const isWritten = await db.transaction(async (tx) => {
      const changes = { host, node, availabilityZone: zone };
      if (!(await updateServer(tx, server.id, changes, { host: null, taskState: ['scheduling'] }))) return false;
      await flows.start(tx, serverBuild, input, { key: server.id, holder: host, ctx });
      if (ctx) await startEvent(tx, { serverId: server.id, requestId: ctx.requestId, event: BUILD_EVENT, host });
      const serverId = server.id;
      afterCommit(tx, {
        name: 'nova-compute.buildServer',
        send: () => compute.buildServer({ serverId }, { server: host, ctx }),
      });
      return true;
    });
    if (isWritten) return { host, node };
    const now = await findServer(db.q, server.id);
    if (now && now.host !== null && now.taskState !== 'deleting') {
      // Another run of the same request was first: the claim goes back to its host.
      const nodes = await readCloudFacts(db.q);
      const provider = nodes.nodes.find((one) => one.host === now.host)?.id ?? providerId;
      await allocations.claim(server, provider, resources, ctx);
      return { host: now.host, node: now.node ?? now.host };
    }
    await allocations.release(server.id, ctx);
    throw now ? serverIsLeaving({ id: server.id }) : serverNotFound({ id: server.id });
  }
}
