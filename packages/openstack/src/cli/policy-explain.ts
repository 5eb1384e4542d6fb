import { socket } from '@kumo/core/client';
import type { Context } from '@kumo/core/context';
import type { Operation } from '@kumo/core/http';
import { type Explanation, fromContext, type PolicyExplanation, type Target } from '@kumo/core/policy';
import { endpointOf } from '../cloud/environment.ts';
import type { KumoConfig } from '../config/schema.ts';
import { callOf } from '../policy/services.ts';
import { contextOfToken, readToken } from '../policy/token-context.ts';
import { CommandError } from './command-error.ts';
import { print, printJson } from './output.ts';
import { policiesInForce } from './policy-show.ts';

export interface ExplainOptions {
  service: string;
  /** A contract's name, or `GET /v3/users`. */
  operation?: string;
  rule?: string;
  tokenFile: string;
  /** `key=value`, as checks name them. */
  target: string[];
  json?: boolean;
}

/** `kumo policy explain`: why a token may or may not do something. Exit code 0: it may; 1: it may not. */
export async function policyExplainCommand(config: KumoConfig, options: ExplainOptions): Promise<number> {
  if (options.operation === undefined && options.rule === undefined)
    throw new CommandError('name what is to be explained: --operation NAME or --rule NAME', { exitCode: 2 });
  const { declared, set } = await policiesInForce(config, options.service);
  const operation =
    options.operation === undefined ? undefined : operationCalled(declared.operations, options.operation);
  const rule = options.rule ?? ruleOf(operation);
  const token = readToken(options.tokenFile);
  const keystone = socket(endpointOf(config, 'keystone'));
  const ctx = await contextOfToken(token, keystone).finally(() => keystone.close());
  if (rule === undefined) {
    const why = 'any valid token may: the operation has no policy of its own';
    if (options.json) printJson({ allowed: true, operation: operation?.name ?? null, rule: null, why });
    else print(`ALLOWED: ${why}`);
    return 0;
  }
  const inForce = set.effective().find(({ name }) => name === rule);
  if (!inForce)
    throw new CommandError(`${declared.service} has no rule ${rule}: kumo policy show ${declared.service}`, {
      exitCode: 2,
    });
  const target = { ...(operation && ownTarget(operation, ctx)), ...targetOf(options.target) };
  const why = set.explain(rule, fromContext(ctx), target);
  const source = inForce.file ?? 'default';
  if (options.json) printJson({ ...why, operation: operation?.name ?? null, source, target, token: tokenFacts(ctx) });
  else printExplanation(why, { operation, source, ctx, target });
  return why.allowed ? 0 : 1;
}

function operationCalled(operations: readonly Operation[], wanted: string): Operation {
  const found = operations.filter(
    (one) => one.name === wanted || callOf(one) === wanted || `${one.method} ${one.path}` === wanted,
  );
  if (found.length === 1) return found[0]!;
  const near = operations.filter(({ name, path }) =>
    `${name} ${path}`.toLowerCase().includes(wanted.replace(/^[A-Z]+ /, '').toLowerCase()),
  );
  const names = (found.length > 1 ? found : near).slice(0, 12).map((one) => `${one.name} (${callOf(one)})`);
  throw new CommandError(
    `${found.length > 1 ? 'several operations are called' : 'no operation is called'} ${wanted}${names.length > 0 ? `: ${names.join(', ')}` : ''}`,
    { exitCode: 2 },
  );
}

function ruleOf(operation: Operation | undefined): string | undefined {
  return typeof operation?.policy === 'object' ? operation.policy.name : undefined;
}

/** What core itself checks against where no resource is loaded; for others the operator names the target. */
function ownTarget(operation: Operation, ctx: Context): Target {
  return operation.authorize === 'resource' ? {} : { project_id: ctx.projectId ?? null, user_id: ctx.userId };
}

function targetOf(pairs: readonly string[]): Target {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new CommandError(`--target ${pair}: write key=value`, { exitCode: 2 });
      const text = pair.slice(at + 1);
      const literal = { true: true, false: false, null: null }[text];
      return [pair.slice(0, at), literal === undefined ? text : literal];
    }),
  );
}

function tokenFacts(ctx: Context) {
  const { userId, userName, projectId, domainId, systemScope, roles, trustId, applicationCredential } = ctx;
  return { userId, userName, projectId, domainId, systemScope, roles, trustId, applicationCredential };
}

interface Asked {
  operation: Operation | undefined;
  source: string;
  ctx: Context;
  target: Target;
}

function printExplanation(why: PolicyExplanation, { operation, source, ctx, target }: Asked): void {
  print(
    `${why.allowed ? 'ALLOWED' : 'DENIED'}: ${why.rule}${operation ? ` (${operation.name}, ${callOf(operation)})` : ''}`,
  );
  print(`  token   ${ctx.userName ?? ctx.userId}, ${scopeText(ctx)}; roles: ${ctx.roles.join(', ') || 'none'}`);
  const names = Object.entries(target).map(([key, value]) => `${key}=${value}`);
  print(`  target  ${names.join(', ') || 'nothing is named: give --target key=value for what the rule looks at'}`);
  const wanted = why.scope.wanted?.join(', ');
  const fits = why.scopeFits ? (wanted ? 'fits' : 'any') : 'DOES NOT FIT: the rule refuses it whatever the checks say';
  print(
    `  scope   ${why.scope.held}; the rule takes ${wanted ?? 'every scope'}: ${why.scope.enforced ? fits : 'not enforced'}`,
  );
  print(`  rule    from ${source === 'default' ? 'the defaults' : source}`);
  printCheck(why.check, 1);
}

function scopeText({ projectName, projectId, domainId, systemScope }: Context): string {
  if (systemScope) return 'system';
  if (domainId) return `domain ${domainId}`;
  return projectId ? `project ${projectName ?? projectId}` : 'unscoped';
}

function printCheck({ check, holds, because, parts = [] }: Explanation, depth: number): void {
  print(`  ${'  '.repeat(depth)}${holds ? 'yes' : 'no '} ${check}${because ? `  (${because})` : ''}`);
  for (const part of parts) printCheck(part, depth + 1);
}
