import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { type AppOptions, closeApp, createApp, keystoneEnvelope, policiesOf, TrustedProxies } from '@kumo/core/http';
import { logNotifier, type Notifier, rabbitNotifier, silentNotifier } from '@kumo/core/notify';
import { PolicySet, policyOptions } from '@kumo/core/policy';
import { keystonePolicies } from '../api/index.ts';
import { allRoutes } from '../api/route-table.ts';
import { bootstrapKeystone, type KeystoneBootstrap } from '../app/bootstrap.ts';
import { composeApp } from '../app/compose.ts';
import { checkProjectDepth } from '../app/limit-model.ts';
import { throttleKeyOf } from '../app/login-throttle.ts';
import { observeRequest } from '../app/request-metrics.ts';
import type { KeystoneConfig } from '../config.ts';
import { openKeystoneDatabase } from '../db/open.ts';
import { openKeyrings } from '../tokens/open-keyring.ts';

const NAME = 'keystone';

/**
 * keystone: the identity service. Its database is brought up to date, its Fernet keys are made, and what `bootstrap` names
 * is made sure of before it answers. `extra` is for tests.
 */
export async function keystone(
  env: DaemonEnv,
  config: KeystoneConfig,
  { bootstrap, extra }: { bootstrap?: KeystoneBootstrap; extra?: Partial<AppOptions> } = {},
): Promise<Daemon> {
  const { log } = env;
  const proxies = new TrustedProxies(config.trustedProxies);
  const db = await openKeystoneDatabase(env, NAME);
  const notifier = notifierFor(env, config.notifications);
  try {
    const keyrings = await openKeyrings({ config, stateDir: env.stateDir, db });
    const parts = composeApp({
      db,
      keyrings,
      config,
      log,
      publicEndpoint: env.endpoint('keystone'),
      notifier,
      host: env.host,
      throttleKey: throttleKeyOf(env),
    });
    await checkProjectDepth(db.q, parts.limits.model);
    if (bootstrap) await bootstrapKeystone(parts, bootstrap);
    const routes = allRoutes(parts);
    const policies = new PolicySet([...keystonePolicies, ...policiesOf(routes)], policyOptions(config, log));
    const app = createApp({
      service: NAME,
      type: 'identity',
      routes,
      envelope: keystoneEnvelope,
      tokens: parts.tokens,
      policies,
      log,
      authUri: env.endpoint('keystone'),
      proxies,
      wrongContentType: 400,
      repeatedParameter: 'first',
      metrics: () => env.metrics(),
      observe: observeRequest,
      ...extra,
    });
    return {
      name: NAME,
      app,
      start: async () => {
        await app.ready();
      },
      stop: async () => {
        await closeApp(app);
        parts.directories.close();
        await notifier.close();
        await db.close();
      },
    };
  } catch (error) {
    await notifier.close();
    await db.close();
    throw error;
  }
}

/** Where audit notifications go. */
function notifierFor(env: DaemonEnv, { driver, topics }: KeystoneConfig['notifications']): Notifier {
  if (driver === 'none') return silentNotifier;
  if (driver === 'log' || env.busUrl === undefined) return logNotifier(env.log);
  return rabbitNotifier({ url: env.busUrl, log: env.log, exchange: NAME, topics });
}
