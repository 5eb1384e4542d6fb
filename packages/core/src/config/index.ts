export { ConfigError } from './config-error.ts';
export { type ConfigSources, loadConfig } from './load-config.ts';
