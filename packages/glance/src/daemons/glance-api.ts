import { join } from 'node:path';
import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { closeApp, createApp, glanceEnvelope, policiesOf } from '@kumo/core/http';
import { PolicySet, policyOptions } from '@kumo/core/policy';
import { discoveryRoutes } from '../api/discovery.routes.ts';
import { imageDataRoutes } from '../api/image-data.routes.ts';
import { imageMemberRoutes } from '../api/image-members.routes.ts';
import { imageTagRoutes } from '../api/image-tags.routes.ts';
import { imageRoutes } from '../api/images.routes.ts';
import { glancePolicies } from '../api/index.ts';
import { ImageTransfers } from '../app/image-data.ts';
import { ImageMembers } from '../app/image-members.ts';
import { Images } from '../app/images.ts';
import type { GlanceConfig } from '../config.ts';
import { openGlanceDatabase } from '../db/open.ts';
import { FileStore } from '../drivers/store/index.ts';
import { lostUploadsReconciler } from '../reconcilers/lost-uploads.ts';
import { orphanDataReconciler } from '../reconcilers/orphan-data.ts';

/** How long a stop waits for uploads and downloads that are under way. */
const stopDeadlineMs = 5_000;

/** glance-api: all of Glance. May run more than once on one database when the instances share `imageDir`. */
export async function glanceApi(env: DaemonEnv, config: GlanceConfig): Promise<Daemon> {
  const name = 'glance-api';
  const { log } = env;
  const db = await openGlanceDatabase(env, name);
  const store = await FileStore.open(config.imageDir ?? join(env.stateDir, 'glance', 'images'), {
    reservePercent: config.storeReservePercent,
    reserveBytes: config.storeReserveBytes,
  });
  const deps = { db, store, config, log };
  const images = new Images(deps);
  const routes = [
    ...discoveryRoutes(config, store.name),
    ...imageRoutes(images, config),
    ...imageDataRoutes(images, new ImageTransfers(deps)),
    ...imageTagRoutes(images),
    ...imageMemberRoutes(images, new ImageMembers(deps)),
  ];
  const app = createApp({
    service: name,
    type: 'image',
    routes,
    envelope: glanceEnvelope,
    tokens: env.tokens,
    policies: new PolicySet([...glancePolicies, ...policiesOf(routes)], policyOptions(config, log)),
    log,
    authUri: env.endpoint('keystone'),
    metrics: env.metrics,
  });
  const reconcilers = [lostUploadsReconciler(deps), orphanDataReconciler(deps)];
  return {
    name,
    app,
    async start() {
      for (const one of reconcilers) one.start();
    },
    async stop() {
      await closeApp(app, stopDeadlineMs);
      await Promise.all(reconcilers.map((one) => one.stop()));
      await db.close();
    },
  };
}
