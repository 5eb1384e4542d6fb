/**
 * Who may do what, in oslo.policy's language.
 *
 * `policy(name, check, options?)`, `new PolicySet(defaults, policyOptions(config, log))` with `policySettings`
 * (`policyFile`, `policyDir`, `enforceScope`) spread into the service's configuration: `.allows(name, ctx, target):
 * boolean`, `.enforce(name, ctx, target)` throws forbidden, `.effective()`, `.explain(name, credentials, target)`.
 * oslo.policy's language: `@ ! role:x rule:y a:%(b)s 'literal':%(x)s http(s) not supported, and or not (), [[...]] lists`,
 * overrides in YAML or JSON, read again when a file changes. Each service's `api/index.ts` exports all of its defaults
 * (`keystonePolicies`, …).
 *
 * For tests: `operationsOf(app)` (core/http) gives every contract that an app serves; `testing/negative-cases.ts` makes
 * malformed requests from contracts; `testing/api-record.ts` `recordCall` notes answers for `kumo api coverage`;
 * `testing/advisories.ts` `advisoryCoverage({ services, folders })` says which of OpenStack's security advisories about a
 * service no test is named after (each package has a test that it is none).
 */

export { type Credentials, fromContext, scopeOf, type Target } from './credentials.ts';
export type { Explanation } from './explain.ts';
export { type Policy, PolicyError, type PolicyOptions, policy, type ScopeType } from './policy.ts';
export { type EffectivePolicy, type PolicyExplanation, PolicySet, type PolicySetOptions } from './policy-set.ts';
export { type PolicySettings, policyOptions, policySettings } from './settings.ts';
export { type CheckSource, parseCheck } from './syntax.ts';
