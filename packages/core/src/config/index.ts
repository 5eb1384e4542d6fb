/**
 * `loadConfig(schema, { file?, env?, prefix?, ignoredVariables? })`: defaults, then the YAML file, then
 * `KUMO_SECTION__KEY`; throws `ConfigError` with one sentence per problem. A service's `config.ts` is its
 * section's schema: `additionalProperties: false`, a default for everything that has one, a `description`
 * (docs/operating.md is written from it).
 */

export { ConfigError } from './config-error.ts';
export { type ConfigSources, loadConfig } from './load-config.ts';
