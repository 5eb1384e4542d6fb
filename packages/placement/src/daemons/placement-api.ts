import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { closeApp, createApp, placementEnvelope, policiesOf } from '@kumo/core/http';
import { PolicySet, policyOptions } from '@kumo/core/policy';
import { allocationRoutes, candidateRoutes } from '../api/allocations.routes.ts';
import { resourceClassRoutes, traitRoutes } from '../api/classes-and-traits.routes.ts';
import { placementPolicies } from '../api/index.ts';
import { inventoryRoutes } from '../api/inventories.routes.ts';
import { resourceProviderRoutes } from '../api/resource-providers.routes.ts';
import { rootRoutes } from '../api/root.routes.ts';
import { changes, MAX_VERSION, MIN_VERSION } from '../api/version-changes.ts';
import { Allocations } from '../app/allocations.ts';
import { Candidates } from '../app/candidates.ts';
import { Inventories } from '../app/inventories.ts';
import { Providers } from '../app/providers.ts';
import { ResourceClasses } from '../app/resource-classes.ts';
import { Traits } from '../app/traits.ts';
import type { PlacementConfig } from '../config.ts';
import { openPlacementDatabase } from '../db/open.ts';

/** placement-api: all of Placement. It has no state besides its database and may run any number of times. */
export async function placementApi(env: DaemonEnv, config: PlacementConfig): Promise<Daemon> {
  const name = 'placement-api';
  const db = await openPlacementDatabase(env, name);
  const classes = new ResourceClasses(db);
  const providers = new Providers(db);
  const inventories = new Inventories(db, providers, classes);
  const traits = new Traits(db, providers);
  const routes = [
    ...rootRoutes(),
    ...resourceProviderRoutes(providers, inventories),
    ...inventoryRoutes(inventories),
    ...resourceClassRoutes(classes),
    ...traitRoutes(traits),
    ...allocationRoutes(new Allocations(db, classes)),
    ...candidateRoutes(new Candidates(db, classes, traits), config.maxCandidates),
  ];
  const app = createApp({
    service: name,
    type: 'placement',
    routes,
    envelope: placementEnvelope,
    microversions: { header: 'placement', min: MIN_VERSION, max: MAX_VERSION, changes },
    tokens: env.tokens,
    policies: new PolicySet([...placementPolicies, ...policiesOf(routes)], policyOptions(config, env.log)),
    log: env.log,
    authUri: env.endpoint('keystone'),
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
