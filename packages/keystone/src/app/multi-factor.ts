import type { User } from '../db/users.ts';

/**
 * A user's rules of `multi_factor_auth_rules` as far as they can be kept here: each is a set of methods that is enough.
 * Rules without a usable method are passed over, so that taking a method out of the configuration locks nobody out.
 */
export function factorRules({ options }: User, usable: ReadonlySet<string>): string[][] {
  const { multi_factor_auth_enabled: isEnabled = true, multi_factor_auth_rules: rules = [] } = options;
  if (isEnabled === false || !Array.isArray(rules)) return [];
  return rules
    .filter((rule): rule is string[] => Array.isArray(rule) && rule.every((method) => typeof method === 'string'))
    .map((rule) => [...new Set(rule)].filter((method) => usable.has(method)))
    .filter((rule) => rule.length > 0);
}

/** Without rules every method is enough. */
export function isEnough(methods: readonly string[], rules: readonly (readonly string[])[]): boolean {
  return rules.length === 0 || rules.some((rule) => rule.every((method) => methods.includes(method)));
}

/** The rules that some methods have begun to fulfil. */
export function begunRules(methods: readonly string[], rules: readonly string[][]): string[][] {
  return rules.filter((rule) => rule.some((method) => methods.includes(method)));
}

/** Whether nothing was shown but a passcode, and no rule of the user's says that this is enough. */
export function isPasscodeAlone(methods: readonly string[], rules: readonly (readonly string[])[]): boolean {
  return rules.length === 0 && methods.every((method) => method === 'totp');
}
