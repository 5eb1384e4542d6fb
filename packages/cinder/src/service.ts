/** Cinder's daemons. */
export { CinderConfig, volumeIdBounds } from './config.ts';
export { cinderApi } from './daemons/cinder-api.ts';
export { cinderScheduler } from './daemons/cinder-scheduler.ts';
export { cinderVolume } from './daemons/cinder-volume.ts';
