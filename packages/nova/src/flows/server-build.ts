import { flow } from '@kumo/core/flow';
import { bootImageOf } from '../compute/boot-image.ts';
import { guestSpec } from '../compute/guest-spec.ts';
import { powerNumber } from '../compute/power-number.ts';
import { wrongHost } from '../errors.ts';
import type { ServerDescription } from '../rpc/shapes.ts';
import { type ComputeDeps, handleOf } from './flow-deps.ts';

export interface BuildInput {
  serverId: string;
  /** Of the schedule that chose this host. */
  attempt: number;
  excludeHosts: string[];
}

/** The server as the journal keeps it: user data may hold secrets and is asked for again where it is needed. */
export type JournaledServer = Omit<ServerDescription, 'userData'>;

const BUILDING = ['scheduling', 'networking', 'block_device_mapping', 'spawning', null];

/**
 * Makes a server's guest on the host that holds it. Key: the server's id; holder: the host. Steps and spans:
 * docs/server-build.md.
 */
export const serverBuild = flow<ComputeDeps, BuildInput>('server.build', 1)
  .step('describe', {
    run: async ({ conductor, host }, { serverId }, _, { ctx }): Promise<JournaledServer> => {
      const { userData, ...server } = await conductor.describeServer({ serverId }, { ctx });
      if (server.host !== host) throw wrongHost({ id: serverId, host: server.host });
      return server;
    },
  })
  .step('image', {
    timeoutMs: 3_600_000,
    run: async ({ images }, _, { describe: server }, { signal, ctx }) => {
      const image = bootImageOf(server);
      return image === undefined ? null : images.ensure(image, { signal, ctx });
    },
  })
  .step('networks', {
    run: async ({ conductor, network }, { serverId }, { describe: server }, { signal, ctx }) => {
      await enter(conductor, serverId, 'networking');
      const interfaces = await network.ensurePorts(server, { signal, ctx });
      if (interfaces.length > 0) await conductor.updateNetworkInfo({ serverId, networkInfo: interfaces });
      return interfaces;
    },
    undo: async ({ conductor, network }, { serverId }, { describe: server }, { signal, ctx }) => {
      if (!server) return;
      await network.releasePorts(server, { signal, ctx });
      await conductor.updateNetworkInfo({ serverId, networkInfo: [] });
    },
  })
  .step('volumes', {
    // A volume that is filled from an image takes its time.
    timeoutMs: 3_600_000,
    run: async ({ conductor, volumes }, { serverId }, { describe: server }, { signal, ctx }) => {
      await enter(conductor, serverId, 'block_device_mapping');
      return volumes.ensureAttached(server, { signal, ctx });
    },
    // The group that the volumes were given to is kept with the guest's first file.
    undo: async ({ volumes, guests }, { serverId }, { describe: server }, { signal, ctx }) => {
      if (server) await volumes.releaseAll(server.id, { signal, ctx });
      await guests.destroy(handleOf(serverId));
    },
  })
  .step('guest', {
    timeoutMs: 900_000,
    run: async (deps, { serverId }, { describe, image, networks, volumes }, { signal, ctx }) => {
      const { conductor, guests, network, seedSecret } = deps;
      await enter(conductor, serverId, 'spawning');
      const interfaces = await network.waitUntilWired(networks, { timeoutMs: deps.vifPlugTimeoutMs, signal, ctx });
      const { userData } = describe.configDrive
        ? await conductor.describeServer({ serverId }, { ctx })
        : { userData: null };
      const server: ServerDescription = { ...describe, userData, networkInfo: interfaces };
      const { disks } = volumes;
      await guests.spawn(await guestSpec(server, { image, disks, network, seedSecret, signal, ctx }), signal);
      await deps.volumes.complete(volumes.attachmentIds, { signal, ctx });
      return { interfaces, powerState: powerNumber(await guests.state(handleOf(serverId))) };
    },
    undo: ({ guests }, { serverId }) => guests.destroy(handleOf(serverId)),
  })
  .step('active', {
    run: async ({ conductor, host }, { serverId }, { guest: { interfaces, powerState } }, { ctx }) => {
      const requestId = ctx?.requestId;
      await conductor.serverBuilt({ serverId, host, powerState, networkInfo: interfaces, requestId }, { ctx });
    },
  })
  .onFailed(async ({ conductor, host }, { serverId, attempt, excludeHosts }, failure, { ctx }) => {
    const requestId = ctx?.requestId;
    await conductor.buildFailed({ serverId, host, attempt, excludeHosts, failure, requestId }, { ctx });
  });

/** Sets the task; refused when the server is being deleted meanwhile. */
async function enter(conductor: ComputeDeps['conductor'], serverId: string, taskState: string): Promise<void> {
  await conductor.updateServer({ serverId, expectTaskStates: BUILDING, changes: { taskState } });
}
