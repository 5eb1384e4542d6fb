/** Keystone's daemons. */
export type { BootstrapEndpoint, KeystoneBootstrap } from './app/bootstrap.ts';
export { KeystoneConfig } from './config.ts';
export { keystone } from './daemons/keystone.ts';
