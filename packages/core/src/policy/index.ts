export { type Credentials, fromContext, scopeOf, type Target } from './credentials.ts';
export type { Explanation } from './explain.ts';
export { type Policy, PolicyError, type PolicyOptions, policy, type ScopeType } from './policy.ts';
export { type EffectivePolicy, type PolicyExplanation, PolicySet, type PolicySetOptions } from './policy-set.ts';
export { type PolicySettings, policyOptions, policySettings } from './settings.ts';
export { type CheckSource, parseCheck } from './syntax.ts';
