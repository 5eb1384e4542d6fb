import type { GuestSpec } from '../drivers/virt/driver.ts';
import type { ComputeDeps } from '../flows/flow-deps.ts';
import { bootImageOf } from './boot-image.ts';
import type { CallScope } from './call-scope.ts';
import { guestSpec } from './guest-spec.ts';

/** The spec of a server that was built before, from what the database and the other services know now. */
export async function rebuiltSpec(
  { conductor, images, network, volumes, seedSecret, vifPlugTimeoutMs }: ComputeDeps,
  serverId: string,
  scope: CallScope & { signal: AbortSignal },
): Promise<GuestSpec> {
  const server = await conductor.describeServer({ serverId }, { ctx: scope.ctx });
  const imageId = bootImageOf(server);
  const image = imageId === undefined ? null : await images.ensure(imageId, scope);
  const { disks } = await volumes.ensureAttached(server, scope);
  const seen = await network.refreshed(server.networkInfo, scope);
  const networkInfo = await network.waitUntilWired(seen, { ...scope, timeoutMs: vifPlugTimeoutMs });
  return guestSpec({ ...server, networkInfo }, { image, disks, network, seedSecret, ...scope });
}
