import { ConfigError } from '@kumo/core/config';
import { passwordUnfit } from '../errors.ts';
import type { SecurityCompliance } from './password-settings.ts';

/** What new passwords must look like. */
export class PasswordPattern {
  readonly #pattern: RegExp | undefined;
  readonly #description: string;

  /** @throws ConfigError for what is no regular expression. */
  constructor({ passwordRegex, passwordRegexDescription }: SecurityCompliance) {
    this.#pattern = passwordRegex === undefined ? undefined : compile(passwordRegex);
    this.#description = passwordRegexDescription ?? 'it does not match the regular expression of this cloud';
  }

  /** Whether there is a rule at all. */
  get isSet(): boolean {
    return this.#pattern !== undefined;
  }

  /** @throws passwordUnfit */
  check(password: string): void {
    if (this.#pattern && !this.#pattern.test(password)) throw passwordUnfit({ detail: this.#description });
  }
}

/** It must match from the beginning on, as Python's `re.match`. */
function compile(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})`);
  } catch (error) {
    throw new ConfigError([`keystone.securityCompliance.passwordRegex is no regular expression: ${String(error)}`]);
  }
}
