/** Glance's daemons. */
export { GlanceConfig } from './config.ts';
export { glanceApi } from './daemons/glance-api.ts';
