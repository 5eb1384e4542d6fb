import { compileCheck, type Evaluator } from './compile.ts';
import { PolicyError } from './policy.ts';
import { type Check, type CheckSource, CheckSyntaxError, parseCheck } from './syntax.ts';

const deny: Evaluator = () => false;

/** All rules of a service, compiled and linked. Unknown names fall back to the rule `default`, else they deny. */
export class RuleTable {
  readonly #evaluators = new Map<string, Evaluator>();
  readonly #fallback: Evaluator;

  /** Throws PolicyError for a rule that cannot be parsed and for rules that refer to each other in a circle. */
  constructor(rules: ReadonlyMap<string, CheckSource>) {
    const checks = new Map<string, Check>();
    for (const [name, source] of rules) checks.set(name, parseRule(name, source));
    this.#link(checks);
    this.#fallback = this.#evaluators.get('default') ?? deny;
  }

  get(name: string): Evaluator {
    return this.#evaluators.get(name) ?? this.#fallback;
  }

  #link(checks: ReadonlyMap<string, Check>): void {
    const path: string[] = [];
    const resolve = (wanted: string): Evaluator => {
      const name = checks.has(wanted) ? wanted : 'default';
      const check = checks.get(name);
      if (!check) return deny;
      const known = this.#evaluators.get(name);
      if (known) return known;
      if (path.includes(name))
        throw new PolicyError(
          `Policy rules refer to each other in a circle: ${[...path.slice(path.indexOf(name)), name].join(' → ')}.`,
        );
      path.push(name);
      const evaluate = compileCheck(check, resolve);
      path.pop();
      this.#evaluators.set(name, evaluate);
      return evaluate;
    };
    for (const name of checks.keys()) resolve(name);
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
