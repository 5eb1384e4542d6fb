export { type Credentials, fromContext, type Target } from './credentials.ts';
export { type Policy, PolicyError, type PolicyOptions, policy, type ScopeType } from './policy.ts';
export { PolicySet, type PolicySetOptions } from './policy-set.ts';
export { type CheckSource, parseCheck } from './syntax.ts';
