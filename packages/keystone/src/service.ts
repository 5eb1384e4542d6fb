import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import type { KeystoneBootstrap } from './app/bootstrap.ts';
import type { KeystoneConfig } from './config.ts';
import { keystoneDaemon } from './daemon.ts';

export type { BootstrapEndpoint, KeystoneBootstrap } from './app/bootstrap.ts';
export { KeystoneConfig } from './config.ts';

/**
 * The identity service. Its database is brought up to date, its Fernet keys are made, and what `bootstrap` names is made
 * sure of before it answers.
 */
export async function keystone(env: DaemonEnv, config: KeystoneConfig, bootstrap?: KeystoneBootstrap): Promise<Daemon> {
  return keystoneDaemon({ env, config, bootstrap });
}
