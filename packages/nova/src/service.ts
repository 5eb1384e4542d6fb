/** Nova's daemons. */
export { NovaConfig } from './config.ts';
export { novaApi } from './daemons/nova-api.ts';
export { novaCompute } from './daemons/nova-compute.ts';
export { novaConductor } from './daemons/nova-conductor.ts';
export { novaMetadataApi } from './daemons/nova-metadata-api.ts';
export { novaScheduler } from './daemons/nova-scheduler.ts';
