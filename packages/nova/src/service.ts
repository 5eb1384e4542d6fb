/** Nova's daemons. */
export { NovaConfig } from './config.ts';
export { novaApi } from './services/nova-api.ts';
export { novaCompute } from './services/nova-compute.ts';
export { novaConductor } from './services/nova-conductor.ts';
export { novaMetadataApi } from './services/nova-metadata-api.ts';
export { novaScheduler } from './services/nova-scheduler.ts';
