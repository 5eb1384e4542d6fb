import { type Operation, operationsOf } from '@kumo/core/http';
import { type Policy, PolicySet, policy, type ScopeType } from '@kumo/core/policy';
import { sample, UNKNOWN } from '../../../core/src/testing/sample-value.ts';
import { policyFacts } from '../../../openstack/test/policy-facts.ts';
import {
  type Caller,
  type Ids,
  isRead,
  namesOne,
  PERSONAS,
  type Persona,
  type Rules,
  type Target,
  type World,
} from './world.ts';

export interface Line {
  readonly operation: Operation;
  readonly persona: Persona;
  readonly status: number;
  /** The codes that the published rule means. */
  readonly expected: readonly number[];
  readonly why: string;
  readonly text: string;
}

interface Expected {
  readonly allowed: boolean;
  readonly codes: readonly number[];
  readonly why: string;
}

/**
 * What the published rule of an operation means for a caller:
 *
 * - no token: 401, for all but public operations, which are not asked;
 * - the rule holds and the token's scope is one of its own (or any valid token will do): the contract's success code;
 * - else 403; where the service hides what one may not see, and the caller does not see the thing: 404.
 *
 * The rules are OpenStack's own (policy-facts/), not those of our code.
 */
export class Expectations implements Rules {
  readonly #rules: PolicySet;
  readonly #known: ReadonlySet<string>;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    const facts = [...policyFacts(world.service).values()];
    const rules = facts.map(
      ({ name, check, scope }): Policy => policy(name, check, scope && { scope: scope as ScopeType[] }),
    );
    this.#rules = new PolicySet(rules);
    this.#known = new Set(facts.map(({ name }) => name));
  }

  of(operation: Operation, persona: Persona, ids: Ids): Expected {
    if (persona === 'none') return { allowed: false, codes: [401], why: 'no token' };
    const { exceptions, callers, hides } = this.#world;
    const caller = callers[persona];
    const target = this.#world.target(operation, ids, caller);
    const rule = ruleOf(this.#world, operation);
    const allowed = rule === undefined || this.holds(rule, caller, target);
    const exception = exceptions[`${operation.name} ${persona}`] ?? (allowed && exceptions[`${operation.name} *`]);
    if (exception) return { allowed, codes: [exception.status], why: exception.why };
    if (allowed) return { allowed, codes: [successOf(operation)], why: 'allowed' };
    const seen = !hides || (this.#world.sees?.(operation, caller, target, this) ?? true);
    return seen ? { allowed, codes: [403], why: 'denied' } : { allowed, codes: [404], why: 'denied, and not seen' };
  }

  holds(rule: string, { credentials }: Caller, target: Target): boolean {
    if (!this.#known.has(rule)) throw new Error(`OpenStack has no rule ${rule}`);
    return this.#rules.allowsCredentials(rule, credentials, target);
  }

  scopeFits(rule: string, { credentials }: Caller): boolean {
    return this.#rules.explain(rule, credentials).scopeFits;
  }
}

/** The published rule that guards an operation; undefined when any valid token will do. */
export function ruleOf(world: World, operation: Operation): string | undefined {
  return world.rule?.(operation) ?? (typeof operation.policy === 'object' ? operation.policy.name : undefined);
}

export function successOf({ status, reply, stream }: Operation): number {
  return status ?? (reply || stream === 'response' || stream === 'both' ? 200 : 204);
}

/** The operations of the table: all that are served but public ones and those left out with a reason. */
export function tableOperations(world: World): Operation[] {
  return operationsOf(world.app).filter(({ policy, name }) => policy !== 'none' && !(name in world.leftOut));
}

/**
 * Asks every operation as everybody who is denied, then as everybody who is allowed; gives what does not fit.
 *
 * @param told `onMade` when the first targets are there, `onDenied` when all who are denied have asked.
 */
export async function runTable(
  world: World,
  told: { onMade(): void; onDenied(): void },
): Promise<{ lines: Line[]; wrong: Line[] }> {
  const expectations = new Expectations(world);
  const lines: Line[] = [];
  let ids = await world.make();
  told.onMade();
  const operations = tableOperations(world);
  for (const allowed of [false, true]) {
    for (const operation of operations) {
      for (const persona of PERSONAS) {
        const expected = expectations.of(operation, persona, ids);
        if (expected.allowed !== allowed) continue;
        const { status, text } = await ask(world, operation, ids, persona);
        lines.push({ operation, persona, status, text, expected: expected.codes, why: expected.why });
        if (!isRead(operation) && status < 300 && !world.keeps?.(operation)) ids = await world.make();
      }
    }
    if (!allowed) told.onDenied();
  }
  return { lines, wrong: lines.filter(({ status, expected }) => !expected.includes(status)) };
}

/** One operation, asked as somebody with these ids. */
export async function ask(
  world: World,
  operation: Operation,
  ids: Ids,
  persona: Persona,
): Promise<{ status: number; text: string }> {
  const { method, path, body, action, stream, contentTypes } = operation;
  const wanted = world.ask(operation, ids) ?? {};
  const url = path.replace(/\{(\w+)\*?\}/g, (_, name: string) => wanted.ids?.[name] ?? ids[name] ?? UNKNOWN);
  const isRaw = stream === 'request' || stream === 'both';
  const isBodiless = method === 'GET' || method === 'DELETE' || method === 'HEAD';
  const content =
    wanted.body ?? (isRaw ? 'bytes' : body ? sample(body as object) : action ? { [action]: null } : undefined);
  const reply = await world.app.inject({
    method,
    url: wanted.query ? `${url}?${wanted.query}` : url,
    headers: {
      ...(persona === 'none' ? {} : { 'x-auth-token': world.callers[persona].token }),
      ...(isBodiless && wanted.body === undefined
        ? {}
        : { 'content-type': contentTypes?.[0] ?? (isRaw ? 'application/octet-stream' : 'application/json') }),
      ...world.headers,
      ...wanted.headers,
    },
    ...(isBodiless && wanted.body === undefined
      ? {}
      : { payload: typeof content === 'string' ? content : JSON.stringify(content ?? {}) }),
  });
  return { status: reply.statusCode, text: reply.payload };
}

const ID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/g;

/**
 * Answers to who may not see or do something that tell whether the thing exists: the same question about things that nobody has
 * must be answered by the same words.
 */
export async function tellingAnswers(world: World, personas: readonly Persona[]): Promise<string[]> {
  const expectations = new Expectations(world);
  const ids = await world.make();
  const unknown = Object.fromEntries(
    Object.entries(ids).map(([name, value]) => [
      name,
      value.replace(ID, UNKNOWN.replaceAll('-', value.includes('-') ? '-' : '')),
    ]),
  );
  const found: string[] = [];
  for (const operation of tableOperations(world)) {
    for (const persona of personas) {
      const { allowed } = expectations.of(operation, persona, ids);
      if (!namesOne(operation) || operation.name in (world.tells ?? {}) || allowed) continue;
      const [real, nothing] = [
        await ask(world, operation, ids, persona),
        await ask(world, operation, unknown, persona),
      ];
      const [said, saidOfNothing] = [real, nothing].map(({ status, text }) => `${status} ${text.replace(ID, 'ID')}`);
      if (said !== saidOfNothing) found.push(`${operation.name} ${persona}: ${said}, of nothing: ${saidOfNothing}`);
    }
  }
  return found;
}
