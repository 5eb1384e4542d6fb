import { compileCheck, type Evaluator } from './compile.ts';
import { PolicyError } from './policy.ts';
import { type Check, type CheckSource, CheckSyntaxError, parseCheck } from './syntax.ts';

const deny: Evaluator = () => false;

/** All rules of a service, compiled and linked. Unknown names fall back to the rule `default`, else they deny. */
export class RuleTable {
  readonly #checks = new Map<string, Check>();
  readonly #evaluators = new Map<string, Evaluator>();
  readonly #referred = new Set<string>();
  readonly #fallback: Evaluator;

  /** Throws PolicyError for a rule that cannot be parsed and for rules that refer to each other in a circle. */
  constructor(rules: ReadonlyMap<string, CheckSource>) {
    for (const [name, source] of rules) this.#checks.set(name, parseRule(name, source));
    this.#link();
    this.#fallback = this.#evaluators.get('default') ?? deny;
  }

  get(name: string): Evaluator {
    return this.#evaluators.get(name) ?? this.#fallback;
  }

  /** The rule's tree; that of `default` for an unknown name, undefined when there is none either. */
  checkOf(name: string): { readonly name: string; readonly check: Check } | undefined {
    const found = this.#checks.has(name) ? name : 'default';
    const check = this.#checks.get(found);
    return check && { name: found, check };
  }

  /** Whether some rule says `rule:name`. */
  refersTo(name: string): boolean {
    return this.#referred.has(name);
  }

  #link(): void {
    const path: string[] = [];
    const resolve = (wanted: string): Evaluator => {
      this.#referred.add(wanted);
      const found = this.checkOf(wanted);
      if (!found) return deny;
      const { name, check } = found;
      const known = this.#evaluators.get(name);
      if (known) return known;
      if (path.includes(name))
        throw new PolicyError(
          `Policy rules refer to each other in a circle: ${[...path.slice(path.indexOf(name)), name].join(' → ')}.`,
        );
      return compile(name, check);
    };
    const compile = (name: string, check: Check): Evaluator => {
      path.push(name);
      const evaluate = compileCheck(check, resolve);
      path.pop();
      this.#evaluators.set(name, evaluate);
      return evaluate;
    };
    for (const [name, check] of this.#checks) if (!this.#evaluators.has(name)) compile(name, check);
  }
}

function parseRule(name: string, source: CheckSource): Check {
  try {
    return parseCheck(source);
  } catch (cause) {
    if (!(cause instanceof CheckSyntaxError)) throw cause;
    const text = typeof source === 'string' ? source : JSON.stringify(source);
    throw new PolicyError(
      `Policy rule ${name} cannot be read at position ${cause.position}: ${cause.message}. The rule is: ${text}`,
      { cause },
    );
  }
}
