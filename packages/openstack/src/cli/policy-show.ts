import { type CheckSource, type EffectivePolicy, PolicyError, PolicySet, policyOptions } from '@kumo/core/policy';
import type { KumoConfig } from '../config/schema.ts';
import { callOf, POLICY_SERVICES, type ServicePolicies, servicePolicies } from '../policy/services.ts';
import { CommandError } from './command-error.ts';
import { print, printJson } from './output.ts';

/**
 * A service's contracts and its policies as they are in force on this node: the defaults, and what its files replace.
 *
 * @throws CommandError for an unknown service, or a policy file that cannot be read.
 */
export async function policiesInForce(
  config: KumoConfig,
  name: string,
): Promise<{ declared: ServicePolicies; set: PolicySet }> {
  const declared = await servicePolicies(name);
  if (!declared)
    throw new CommandError(`there is no service ${name}: name one of ${POLICY_SERVICES.join(', ')}`, { exitCode: 2 });
  try {
    return { declared, set: new PolicySet(declared.policies, policyOptions(config[declared.service])) };
  } catch (error) {
    if (error instanceof PolicyError) throw new CommandError(error.message, { exitCode: 2, cause: error });
    throw error;
  }
}

/** `kumo policy show SERVICE`: every rule in force, and where it comes from. */
export async function policyShowCommand(
  config: KumoConfig,
  service: string,
  options: { json?: boolean },
): Promise<void> {
  const { declared, set } = await policiesInForce(config, service);
  const guards = new Map<string, string[]>();
  for (const operation of declared.operations) {
    if (typeof operation.policy !== 'object') continue;
    const { name } = operation.policy;
    guards.set(name, [...(guards.get(name) ?? []), callOf(operation)]);
  }
  const rules = set.effective().map((one) => shown(one, guards.get(one.name) ?? []));
  if (options.json) printJson(rules);
  else for (const rule of rules) printRule(rule);
}

type Shown = ReturnType<typeof shown>;

function shown({ name, check, declared, file, unused }: EffectivePolicy, operations: readonly string[]) {
  return {
    rule: name,
    check: textOf(check),
    source: file === undefined ? ('default' as const) : ('file' as const),
    file: file ?? null,
    default: declared ? textOf(declared.check) : null,
    scope: declared?.scope ?? null,
    unused,
    operations,
  };
}

function textOf(check: CheckSource): string {
  return typeof check === 'string' ? check : JSON.stringify(check);
}

function printRule(rule: Shown): void {
  const scope = rule.scope ? `  [${rule.scope.join(', ')}]` : '';
  print(`${rule.file === null ? ' ' : '*'} ${rule.rule}${scope}`);
  print(`      ${rule.check === '' ? '(empty: always holds)' : rule.check}`);
  if (rule.file !== null) {
    const before = rule.unused
      ? 'there is no such rule: it has no effect'
      : rule.default === null
        ? 'no default of that name'
        : `default: ${rule.default}`;
    print(`      * from ${rule.file}; ${before}`);
  }
  for (const operation of rule.operations) print(`      ${operation}`);
}
