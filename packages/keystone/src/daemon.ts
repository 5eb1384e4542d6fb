import { join } from 'node:path';
import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { openDatabase } from '@kumo/core/db';
import { closeApp, createApp, keystoneEnvelope, policiesOf } from '@kumo/core/http';
import { PolicySet } from '@kumo/core/policy';
import { allRoutes } from './api/all.routes.ts';
import { treeRule } from './api/role-assignments.ts';
import { domainRoleRules } from './api/roles.ts';
import { baseRules } from './api/rules.ts';
import { bootstrapKeystone, type KeystoneBootstrap } from './app/bootstrap.ts';
import { composeApp } from './app/compose.ts';
import type { KeystoneConfig } from './config.ts';
import { initial } from './db/migrations/0001-initial.ts';
import type { KeystoneTables } from './db/schema.ts';
import { KeyRepository } from './tokens/key-repository.ts';

interface KeystoneInput {
  readonly env: DaemonEnv;
  readonly config: KeystoneConfig;
  readonly bootstrap?: KeystoneBootstrap;
  /** Every reply must satisfy its contract: for tests. */
  readonly checkReplies?: boolean;
}

/** Puts the daemon together; see `keystone`. */
export async function keystoneDaemon({ env, config, bootstrap, checkReplies }: KeystoneInput): Promise<Daemon> {
  const { log } = env;
  const keys = new KeyRepository(config.tokens.keyRepository ?? join(env.stateDir, 'keystone', 'fernet-keys'));
  const db = await openDatabase<KeystoneTables>({
    url: env.databaseUrl('keystone'),
    service: 'keystone',
    from: 'keystone',
    migrations: [initial],
    log,
  });
  try {
    const parts = composeApp({ db, keys, config });
    if (bootstrap) await bootstrapKeystone(parts, bootstrap);
    const routes = allRoutes(parts);
    const policies = new PolicySet([...baseRules, ...domainRoleRules, treeRule, ...policiesOf(routes)], {
      file: config.policyFile,
      log,
    });
    const app = createApp({
      service: 'keystone',
      type: 'identity',
      routes,
      envelope: keystoneEnvelope,
      tokens: parts.tokens,
      policies,
      log,
      authUri: env.endpoint('keystone'),
      metrics: () => env.metrics(),
      checkReplies,
    });
    return {
      name: 'keystone',
      app,
      start: async () => {
        await app.ready();
      },
      stop: async () => {
        await closeApp(app);
        await db.close();
      },
    };
  } catch (error) {
    await db.close();
    throw error;
  }
}
