import type { Project } from '../../db/projects.ts';
import { invalidDomainConfig, notFound } from '../../errors.ts';

interface Rules {
  readonly passwordRegex?: string;
  readonly passwordRegexDescription?: string;
}

const READABLE: readonly string[] = ['password_regex', 'password_regex_description'];

/** What passwords must look like, for those who choose one. */
export class ComplianceOptions {
  readonly #rules: Rules;
  readonly #domainOf: (domainId: string) => Promise<Project | undefined>;

  constructor(rules: Rules, domainOf: (domainId: string) => Promise<Project | undefined>) {
    this.#rules = rules;
    this.#domainOf = domainOf;
  }

  /** @throws invalidDomainConfig for other domains and options, notFound */
  async show(domainId: string, option?: string): Promise<Record<string, unknown>> {
    if (domainId !== 'default')
      throw invalidDomainConfig({
        reason:
          'Reading security compliance information for any domain other than the default domain is not allowed or supported.',
      });
    if (option !== undefined && !READABLE.includes(option))
      throw invalidDomainConfig({
        reason:
          'Reading security compliance values other than password_regex and password_regex_description is not allowed.',
      });
    if (!(await this.#domainOf(domainId))) throw notFound({ kind: 'domain', id: domainId });
    const { passwordRegex = null, passwordRegexDescription = null } = this.#rules;
    const all: Record<string, unknown> = {
      password_regex: passwordRegex,
      password_regex_description: passwordRegexDescription,
    };
    return option === undefined ? { security_compliance: all } : { [option]: all[option] };
  }
}
