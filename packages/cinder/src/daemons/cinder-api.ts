import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { dbJournal } from '@kumo/core/flow';
import { type AppOptions, cinderEnvelope, closeApp, createApp, policiesOf, type Route } from '@kumo/core/http';
import { PolicySet, policyOptions } from '@kumo/core/policy';
import { attachmentRoutes } from '../api/attachments.routes.ts';
import { discoveryRoutes } from '../api/discovery.routes.ts';
import { MAX_VERSION, MIN_VERSION } from '../api/discovery.ts';
import { cinderPolicies } from '../api/index.ts';
import { messageRoutes } from '../api/messages.routes.ts';
import { quotaRoutes } from '../api/quota-sets.routes.ts';
import { serviceRoutes } from '../api/services.routes.ts';
import { snapshotMetadataRoutes } from '../api/snapshot-metadata.routes.ts';
import { snapshotRoutes } from '../api/snapshots.routes.ts';
import { typeRoutes } from '../api/types.routes.ts';
import { volumeActionRoutes } from '../api/volume-actions.routes.ts';
import { volumeMetadataRoutes } from '../api/volume-metadata.routes.ts';
import { volumeRoutes } from '../api/volumes.routes.ts';
import { underBothPaths } from '../api/wire/project-in-path.ts';
import { Attachments } from '../app/attachments.ts';
import { Images } from '../app/images.ts';
import { Messages } from '../app/messages.ts';
import { VolumeQuota } from '../app/quota.ts';
import { QuotaSets } from '../app/quota-sets.ts';
import { ServiceList } from '../app/service-list.ts';
import { Snapshots } from '../app/snapshots.ts';
import { VolumeCreation } from '../app/volume-creation.ts';
import { VolumeLists } from '../app/volume-list.ts';
import { VolumeTypes } from '../app/volume-types.ts';
import { VolumeUpload } from '../app/volume-upload.ts';
import { Volumes } from '../app/volumes.ts';
import type { CinderConfig } from '../config.ts';
import { openCinderDatabase } from '../db/open.ts';
import type { CinderDb } from '../db/schema.ts';
import { schedulerRpc } from '../rpc/scheduler.ts';
import { volumeRpc } from '../rpc/volume.ts';

const NAME = 'cinder-api';

function routesOf(env: DaemonEnv, config: CinderConfig, db: CinderDb): Route[] {
  const { bus } = env;
  const { maxPage } = config;
  const backends = bus.client(volumeRpc, { from: NAME, to: 'cinder-volume' });
  const scheduler = bus.client(schedulerRpc, { from: NAME, to: 'cinder-scheduler' });
  const images = new Images({
    transport: env.transport('glance-api'),
    keystone: env.transport('keystone'),
    from: NAME,
    user: env.serviceUser('cinder'),
  });
  const journal = dbJournal(db);
  const quota = new VolumeQuota(db, config);
  const types = new VolumeTypes(db, config);
  const volumes = new Volumes({ db, journal, quota, types, backends });
  const snapshots = new Snapshots({ db, journal, quota, types, backends });
  const creation = new VolumeCreation({ db, config, quota, types, images, scheduler });
  const lists = new VolumeLists(db, types, maxPage);
  const upload = new VolumeUpload({ db, images, backends });
  return underBothPaths([
    ...volumeRoutes({ volumes, creation, lists, types }),
    ...volumeActionRoutes({ volumes, upload, types }),
    ...volumeMetadataRoutes(volumes),
    ...snapshotRoutes(snapshots, maxPage),
    ...snapshotMetadataRoutes(snapshots),
    ...typeRoutes(types, maxPage),
    ...attachmentRoutes(new Attachments(db, backends), maxPage),
    ...quotaRoutes(new QuotaSets(quota, types)),
    ...serviceRoutes(new ServiceList(db, config)),
    ...messageRoutes(new Messages(db), maxPage),
  ]);
}

/** cinder-api. It has no state besides the database and may run any number of times. `extra` is for tests. */
export async function cinderApi(
  env: DaemonEnv,
  config: CinderConfig,
  extra: Partial<AppOptions> = {},
): Promise<Daemon> {
  const db = await openCinderDatabase(env, NAME);
  const routes = routesOf(env, config, db);
  const policies = new PolicySet([...cinderPolicies, ...policiesOf(routes)], policyOptions(config, env.log));
  const app = createApp({
    service: NAME,
    type: 'volumev3',
    routes: [...discoveryRoutes(), ...routes],
    envelope: cinderEnvelope,
    microversions: { header: 'volume', min: MIN_VERSION, max: MAX_VERSION, changes: [] },
    tokens: env.tokens,
    policies,
    log: env.log,
    authUri: env.endpoint('keystone'),
    requestIdHeaders: ['x-compute-request-id'],
    metrics: env.metrics,
    ...extra,
  });
  return {
    name: NAME,
    app,
    async start() {},
    async stop() {
      await closeApp(app, 5_000);
      await db.close();
    },
  };
}
