import type { Context } from '../context/index.ts';
import { forbidden } from '../errors/index.ts';
import { type Logger, silentLogger } from '../log/index.ts';
import { type Credentials, fromContext, scopeOf, type Target } from './credentials.ts';
import { type Explanation, explainCheck } from './explain.ts';
import { type Override, OverrideFiles } from './override-files.ts';
import { type Policy, PolicyError } from './policy.ts';
import { RuleTable } from './rule-table.ts';
import type { CheckSource } from './syntax.ts';

export interface PolicySetOptions {
  /** The operator's overrides; re-read when it changes (looked at on use, at most once a second). It need not exist. */
  file?: string;
  /** A directory of further ones (`OverridePaths`). */
  dir?: string;
  /** Refuse tokens whose scope a rule is not meant for. Default true. */
  enforceScope?: boolean;
  log?: Logger;
}

/** A rule as it is in force. */
export interface EffectivePolicy {
  readonly name: string;
  readonly check: CheckSource;
  /** Absent: no default has this name, the operator's files alone do. */
  readonly declared?: Policy;
  /** The file that replaced the default, when one did. */
  readonly file?: string;
  /** No default has this name and no rule refers to it: it has no effect. */
  readonly unused: boolean;
}

export interface PolicyExplanation {
  readonly rule: string;
  readonly allowed: boolean;
  readonly scope: { readonly held: string; readonly wanted?: readonly string[]; readonly enforced: boolean };
  /** Whether the token's scope is one that the rule is meant for; true where scopes are not enforced. */
  readonly scopeFits: boolean;
  readonly check: Explanation;
}

/** The policies of one service: defaults from code, replaced rule by rule by the operator's files. */
export class PolicySet {
  readonly #defaults = new Map<string, Policy>();
  readonly #files: OverrideFiles | undefined;
  readonly #enforceScope: boolean;
  readonly #log: Logger;
  #overrides: ReadonlyMap<string, Override> = new Map();
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
    const { file, dir } = options;
    this.#files = file === undefined && dir === undefined ? undefined : new OverrideFiles({ file, dir });
    this.#rules = this.#take(this.#files?.changed() ?? new Map());
  }

  /** The declared policies, for the sample file and the tests that go through all of them. */
  get policies(): readonly Policy[] {
    return [...this.#defaults.values()];
  }

  /** Every rule as it is now, by name: defaults, what replaced them, and what the files add. */
  effective(): EffectivePolicy[] {
    this.#refresh();
    const names = [...new Set([...this.#defaults.keys(), ...this.#overrides.keys()])].sort();
    return names.map((name) => {
      const declared = this.#defaults.get(name);
      const override = this.#overrides.get(name);
      const check = override?.check ?? declared?.check ?? '!';
      return { name, check, declared, file: override?.file, unused: !declared && !this.#isReferred(name) };
    });
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

  /** Why the rule holds, or does not; decides as `allowsCredentials` does. */
  explain(name: string, credentials: Credentials, target: Target = {}): PolicyExplanation {
    this.#refresh();
    const wanted = this.#defaults.get(name)?.scope;
    const held = scopeOf(credentials);
    const scopeFits = !this.#enforceScope || !wanted || wanted.length === 0 || wanted.includes(held);
    const check = explainCheck({ type: 'rule', name }, (rule) => this.#rules.checkOf(rule), target, credentials);
    return {
      rule: name,
      allowed: scopeFits && check.holds,
      scope: { held, wanted, enforced: this.#enforceScope },
      scopeFits,
      check,
    };
  }

  #holds(name: string, credentials: Credentials, target: Target, enforceScope: boolean): boolean {
    this.#refresh();
    const scope = enforceScope ? this.#defaults.get(name)?.scope : undefined;
    if (scope && scope.length > 0 && !scope.includes(scopeOf(credentials))) return false;
    return this.#rules.get(name)(target, credentials);
  }

  #refresh(): void {
    if (!this.#files) return;
    const { paths } = this.#files;
    try {
      const overrides = this.#files.changed();
      if (!overrides) return;
      this.#rules = this.#take(overrides);
      this.#log.info({ ...paths, rules: overrides.size }, 'policy files read again');
    } catch (error) {
      this.#log.error(
        { err: error, ...paths },
        'a policy file is wrong: the rules read before stay in force until it is mended',
      );
    }
  }

  /** Compiles defaults and overrides; what was in force stays so when that throws. */
  #take(overrides: ReadonlyMap<string, Override>): RuleTable {
    const sources = new Map<string, CheckSource>();
    for (const entry of this.#defaults.values()) sources.set(entry.name, entry.check);
    for (const [name, { check }] of overrides) sources.set(name, check);
    const rules = new RuleTable(sources);
    this.#overrides = overrides;
    this.#rules = rules;
    for (const [name, { file }] of overrides) {
      if (this.#defaults.has(name) || this.#isReferred(name)) continue;
      this.#log.warn({ rule: name, file }, 'a policy file names a rule that does not exist: it has no effect');
    }
    return rules;
  }

  #isReferred(name: string): boolean {
    return name === 'default' || this.#rules.refersTo(name);
  }
}
