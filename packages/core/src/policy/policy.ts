import type { CheckSource } from './syntax.ts';

export type ScopeType = 'project' | 'domain' | 'system';

/** A named rule with its default; an operator's policy file may replace the check. */
export interface Policy {
  readonly name: string;
  readonly check: CheckSource;
  /** The kinds of token the rule is meant for; others are refused when the set enforces scopes. */
  readonly scope?: readonly ScopeType[];
  readonly description?: string;
  /** What it guards, e.g. `{method: 'POST', path: '/servers'}`, for the generated sample file. */
  readonly operations?: readonly { readonly method: string; readonly path: string }[];
}

export interface PolicyOptions {
  scope?: readonly ScopeType[];
  description?: string;
  operations?: readonly { readonly method: string; readonly path: string }[];
}

/** Declares a rule and its default in oslo.policy's language, e.g. `policy('volume:create', 'role:member and project_id:%(project_id)s')`. */
export function policy(name: string, check: CheckSource, options: PolicyOptions = {}): Policy {
  return { name, check, ...options };
}

/** A rule that cannot be read, a circle of rules, or a policy file that is no mapping. The message names the rule. */
export class PolicyError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PolicyError';
  }
}
