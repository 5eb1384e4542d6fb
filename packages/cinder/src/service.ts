import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { makeApiDaemon } from './api-daemon.ts';
import type { CinderConfig } from './config.ts';
import { makeSchedulerDaemon } from './scheduler-daemon.ts';
import { makeVolumeDaemon } from './volume-daemon.ts';

export { CinderConfig } from './config.ts';

/** cinder-api: the REST side. */
export function cinderApi(env: DaemonEnv, config: CinderConfig): Promise<Daemon> {
  return makeApiDaemon(env, config);
}

/** cinder-scheduler: chooses back ends for new volumes. */
export function cinderScheduler(env: DaemonEnv, config: CinderConfig): Promise<Daemon> {
  return makeSchedulerDaemon(env, config);
}

/** cinder-volume: one back end on this host. */
export function cinderVolume(env: DaemonEnv, config: CinderConfig): Promise<Daemon> {
  return makeVolumeDaemon(env, config);
}
