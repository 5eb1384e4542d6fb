import type { Client } from '@kumo/core/client';
import type { Context } from '@kumo/core/context';
import { KumoError } from '@kumo/core/errors';
import type * as placementApi from '@kumo/placement/api';
import { claimLost } from '../errors.ts';
import type { ServerDescription } from '../rpc/shapes.ts';
import { unlessAbsent } from './absent.ts';

export type Placement = Client<typeof placementApi>;
/** The microversion that Nova speaks with Placement: consumer generations and types, mappings. */
export const PLACEMENT_VERSION = '1.36';

type Owner = Pick<ServerDescription, 'id' | 'projectId' | 'userId'>;
export type ProviderResources = Readonly<Record<string, number>>;

/** A server's claim on a host's resources. */
export class Allocations {
  readonly #placement: Placement;

  constructor(placement: Placement) {
    this.#placement = placement;
  }

  /**
   * Ensures that the server holds `resources` of the provider, and nothing else.
   * @throws claimLost when the provider has not got that much any more.
   */
  async claim(server: Owner, providerId: string, resources: ProviderResources, ctx?: Context): Promise<void> {
    const held = await this.#placement.showAllocations({ params: { consumer_uuid: server.id }, ctx });
    const [[id, allocation] = []] = Object.entries(held.allocations);
    if (id === providerId && allocation && sameAmounts(allocation.resources, resources)) return;
    const body = {
      allocations: { [providerId]: { resources: { ...resources } } },
      project_id: server.projectId,
      user_id: server.userId,
      consumer_generation: held.consumer_generation ?? null,
    };
    try {
      await this.#placement.replaceAllocations({ params: { consumer_uuid: server.id }, body, ctx });
    } catch (error) {
      if (error instanceof KumoError && error.kind === 'conflict')
        throw claimLost({ host: providerId }, { cause: error });
      throw error;
    }
  }

  /** Gives everything back; nothing happens when nothing is held. */
  async release(serverId: string, ctx?: Context): Promise<void> {
    await unlessAbsent(this.#placement.deleteAllocations({ params: { consumer_uuid: serverId }, ctx }));
  }
}

function sameAmounts(a: ProviderResources, b: ProviderResources): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
