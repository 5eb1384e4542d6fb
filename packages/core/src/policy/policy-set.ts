import type { Context } from '../context/index.ts';
import { forbidden } from '../errors/index.ts';
import { type Logger, silentLogger } from '../log/index.ts';
import { type Credentials, fromContext, scopeOf, type Target } from './credentials.ts';
import { OverrideFile } from './override-file.ts';
import { type Policy, PolicyError } from './policy.ts';
import { RuleTable } from './rule-table.ts';
import type { CheckSource } from './syntax.ts';

export interface PolicySetOptions {
  /** The operator's overrides; re-read when it changes (looked at on use, at most once a second). It need not exist. */
  file?: string;
  /** Refuse tokens whose scope a rule is not meant for. Default true. */
  enforceScope?: boolean;
  log?: Logger;
}

/** The policies of one service: defaults from code, replaced rule by rule by the operator's file. */
export class PolicySet {
  readonly #defaults = new Map<string, Policy>();
  readonly #file: OverrideFile | undefined;
  readonly #enforceScope: boolean;
  readonly #log: Logger;
  #rules: RuleTable;

  /** Throws PolicyError for a default or an override that cannot be read: at start, a wrong file is a wrong setting. */
  constructor(defaults: readonly Policy[], options: PolicySetOptions = {}) {
    for (const entry of defaults) {
      const known = this.#defaults.get(entry.name);
      if (known && JSON.stringify(known.check) !== JSON.stringify(entry.check)) {
        throw new PolicyError(`Policy rule ${entry.name} is declared twice, with different checks.`);
      }
      this.#defaults.set(entry.name, known ?? entry);
    }
    this.#enforceScope = options.enforceScope ?? true;
    this.#log = options.log ?? silentLogger;
    this.#file = options.file === undefined ? undefined : new OverrideFile(options.file);
    this.#rules = this.#compile(this.#file?.changed());
  }

  /** The declared policies, for the sample file and the tests that go through all of them. */
  get policies(): readonly Policy[] {
    return [...this.#defaults.values()];
  }

  /** Whether the rule holds for the request's caller. Unknown rules: the rule `default`, else false. */
  allows(name: string, ctx: Context, target: Target = {}): boolean {
    // A daemon's own work has no token, hence no scope that could be wrong.
    return this.#holds(name, fromContext(ctx), target, this.#enforceScope && ctx.isAdminContext !== true);
  }

  /** Throws `forbidden({rule})` unless the rule holds. */
  enforce(name: string, ctx: Context, target: Target = {}): void {
    if (!this.allows(name, ctx, target)) throw forbidden({ rule: name });
  }

  /** As `allows`, for credentials that are richer than a context (Keystone adds what the token says). */
  allowsCredentials(name: string, credentials: Credentials, target: Target = {}): boolean {
    return this.#holds(name, credentials, target, this.#enforceScope);
  }

  #holds(name: string, credentials: Credentials, target: Target, enforceScope: boolean): boolean {
    this.#refresh();
    const scope = enforceScope ? this.#defaults.get(name)?.scope : undefined;
    if (scope && scope.length > 0 && !scope.includes(scopeOf(credentials))) return false;
    return this.#rules.get(name)(target, credentials);
  }

  #refresh(): void {
    if (!this.#file) return;
    try {
      const overrides = this.#file.changed();
      if (!overrides) return;
      this.#rules = this.#compile(overrides);
      this.#log.info({ file: this.#file.path, rules: overrides.size }, 'policy file read again');
    } catch (error) {
      this.#log.error(
        { err: error, file: this.#file.path },
        'the policy file is wrong: the rules read before stay in force',
      );
    }
  }

  #compile(overrides: ReadonlyMap<string, CheckSource> = new Map()): RuleTable {
    const sources = new Map<string, CheckSource>();
    for (const entry of this.#defaults.values()) sources.set(entry.name, entry.check);
    for (const [name, check] of overrides) sources.set(name, check);
    return new RuleTable(sources);
  }
}
