import type { Logger } from '@kumo/core/log';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { ImageCache } from '../compute/image-cache.ts';
import type { Conductor } from '../flows/flow-deps.ts';

export interface ImagePruningOptions {
  readonly conductor: Conductor;
  readonly images: ImageCache;
  readonly host: string;
  /** Entries that were used later are kept. */
  readonly keepSeconds: number;
  readonly log: Logger;
}

/** Removes base images that no server of this host was made from and that nobody asked for lately. */
export function imagePruning({ conductor, images, host, keepSeconds, log }: ImagePruningOptions): Reconciler {
  return reconciler({
    name: 'nova image cache',
    intervalMs: 600_000,
    log,
    keys: async () => {
      const entries = await images.entries();
      if (entries.length === 0) return [];
      const { imageIds } = await conductor.listHostServers({ host });
      const inUse = new Set(imageIds);
      const old = entries.filter(({ usedAtMs }) => Date.now() - usedAtMs > keepSeconds * 1000);
      return old.filter((entry) => !entry.imageIds.some((id) => inUse.has(id))).map(({ name }) => name);
    },
    reconcile: (name) => images.remove(name),
  });
}
