import { type Operation, streamsRequest } from '../http/operation.ts';
import { bodyValidator, queryValidator } from '../http/validator.ts';
import { type Schema, sample, UNKNOWN } from './sample-value.ts';

/** A request that must be refused, and how. */
export interface NegativeCase {
  readonly operation: Operation;
  readonly wrong: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string;
  /** Whose token goes along: a good one that may do everything, none, or one that is none. */
  readonly token: 'admin' | 'none' | 'garbage';
  /** The documented codes for it. */
  readonly status: readonly number[];
  /** What the answer must name. */
  readonly names?: string;
}

export interface NegativeOptions {
  /** Answers to bodies of another type than JSON. */
  readonly wrongContentType: 400 | 415;
  /** Headers of every request: the newest microversion. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Operations whose answer to a path that names nothing is not 403 or 404, each with its codes; none: it is not asked. */
  readonly unknown?: Readonly<Record<string, readonly number[]>>;
  /** Ids by their names in paths, where one that nobody has is refused before body and query are looked at. */
  readonly ids?: Readonly<Record<string, string>>;
  /** What every query must have beside the parameter that is wrong. */
  readonly query?: string;
  /** Good bodies, by operation, where a smallest one by the schema is refused. */
  readonly bodies?: Readonly<Record<string, unknown>>;
  readonly maxBodyBytes?: number;
}

/** What no answer says: places in the code, a database's words, a validator's, a regular expression, another language's values. */
export const INTERNALS =
  /\.ts:\d|node_modules|SQLITE|at async|<=|>=|must NOT|[Jj][Ss][Oo][Nn] [Ss]chema|anyOf|oneOf|\[\^|\[a-zA-Z|\\\\[dwsp]|\^\.|\$\/|\bundefined\b|\[object|'(?:None|True|False)'/;

const JSON_TYPE = { 'content-type': 'application/json' };
const LONG = 70_000;

/** Every malformed request that the contracts imply, of each operation that needs a token. */
export function negativeCases(operations: readonly Operation[], options: NegativeOptions): NegativeCase[] {
  return operations
    .filter(({ policy }) => policy !== 'none')
    .flatMap((operation) => [
      ...tokenCases(operation, options),
      ...unknownCases(operation, options),
      ...queryCases(operation, options),
      ...bodyCases(operation, options),
    ]);
}

/** The path, with ids that nobody has but for those given. */
function urlOf({ path }: Operation, ids: Readonly<Record<string, string>> = {}): string {
  return path.replace(/\{(\w+)\*?\}/g, (_, name: string) => ids[name] ?? UNKNOWN.replaceAll('-', ''));
}

function goodBody({ name, body, action }: Operation, { bodies = {} }: NegativeOptions): unknown {
  return bodies[name] ?? (body ? sample(body as Schema) : action ? { [action]: null } : undefined);
}

function request(operation: Operation, options: NegativeOptions) {
  const { body, action, contentTypes, method } = operation;
  const hasBody = (body !== undefined || action !== undefined) && method !== 'GET' && !streamsRequest(operation);
  const type = { 'content-type': contentTypes?.[0] ?? 'application/json' };
  return {
    operation,
    url: urlOf(operation, options.ids),
    headers: { ...options.headers, ...(hasBody ? type : {}) },
    ...(hasBody ? { payload: JSON.stringify(goodBody(operation, options)) } : {}),
  };
}

function tokenCases(operation: Operation, options: NegativeOptions): NegativeCase[] {
  const asked = request(operation, options);
  return [
    { ...asked, wrong: 'no token', token: 'none', status: [401] },
    { ...asked, wrong: 'a token that is none', token: 'garbage', status: [401] },
  ];
}

function unknownCases(operation: Operation, options: NegativeOptions): NegativeCase[] {
  if (!operation.path.includes('{')) return [];
  const status = options.unknown?.[operation.name] ?? [403, 404];
  if (status.length === 0) return [];
  const asked = { ...request(operation, options), url: urlOf(operation) };
  return [{ ...asked, wrong: 'an id that nobody has', token: 'admin', status }];
}

function queryCases(operation: Operation, options: NegativeOptions): NegativeCase[] {
  const { query } = operation;
  const { properties = {} } = (query ?? {}) as Schema;
  return Object.keys(properties).flatMap((name): NegativeCase[] =>
    ['x'.repeat(LONG), 'nonsense', '-1'].flatMap((value): NegativeCase[] => {
      const others = new URLSearchParams(options.query);
      others.delete(name);
      if (accepts(() => queryValidator(query!)({ ...Object.fromEntries(others), [name]: value }))) return [];
      const asked = request(operation, options);
      const url = `${asked.url}?${[`${encodeURIComponent(name)}=${value}`, others].filter((part) => String(part)).join('&')}`;
      return [
        {
          ...asked,
          url,
          wrong: `query ${name} is ${shown(value)}`,
          token: 'admin',
          status: [400],
          names: namedBy(operation, name),
        },
      ];
    }),
  );
}

function bodyCases(operation: Operation, options: NegativeOptions): NegativeCase[] {
  const { body } = operation;
  if (!body || streamsRequest(operation) || operation.method === 'GET') return [];
  const asked = { ...request(operation, options), token: 'admin' as const };
  const whole: NegativeCase[] = [
    { ...asked, wrong: 'JSON that breaks off', payload: '{"a": ', status: [400] },
    { ...asked, wrong: 'a list instead of an object', payload: '[]', status: [400] },
    {
      ...asked,
      wrong: 'XML',
      headers: { ...asked.headers, 'content-type': 'text/xml' },
      payload: '<a/>',
      status: [options.wrongContentType],
    },
    {
      ...asked,
      wrong: 'more than a body may hold',
      headers: { ...asked.headers, ...JSON_TYPE },
      payload: JSON.stringify({ a: 'x'.repeat(operation.maxBodyBytes ?? options.maxBodyBytes ?? 1 << 20) }),
      status: [413],
    },
  ];
  const base = goodBody(operation, options);
  const isBad = (value: unknown) => !accepts(() => bodyValidator(body)(value));
  if (isBad(base)) throw new Error(`${operation.name}: give a body that its contract takes (bodies)`);
  return [
    ...whole.filter(({ payload }) => payload !== '[]' || isBad([])),
    ...wrongFields(body as Schema, base, isBad).map(
      ({ value, field, wrong }): NegativeCase => ({
        ...asked,
        wrong,
        payload: JSON.stringify(value),
        status: [400],
        names: field,
      }),
    ),
  ];
}

/** The answer to HEAD says nothing. */
function namedBy({ method }: Operation, name: string): string | undefined {
  return method === 'HEAD' ? undefined : name;
}

interface WrongField {
  readonly value: unknown;
  readonly field: string;
  readonly wrong: string;
}

/** The body with one field at a time made wrong, as far as the schema itself says that it is wrong then. */
function wrongFields(schema: Schema, base: unknown, isBad: (value: unknown) => boolean): WrongField[] {
  const found: WrongField[] = [];
  const visit = (at: Schema, path: readonly string[]): void => {
    const { properties = {}, required = [] } = objectOf(at);
    for (const [name, inner] of Object.entries(properties)) {
      const here = [...path, name];
      const label = here.join('.');
      if (required.includes(name)) add(without(base, here), name, `${label} is missing`);
      for (const [what, wrong] of WRONG_VALUES) add(withValue(base, here, wrong), name, `${label} is ${what}`);
      visit(inner, here);
    }
  };
  const add = (value: unknown, field: string, wrong: string) => {
    if (isBad(value)) found.push({ value, field, wrong });
  };
  visit(schema, []);
  return found;
}

const WRONG_VALUES: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['a number', 4711],
  ['a list', [[1]]],
  ['an object', { nobody: { knows: 'me' } }],
  ['a truth value', true],
  ['a text that nobody knows', 'no such thing'],
  ['too long', 'x'.repeat(LONG)],
];

function objectOf(schema: Schema): Schema {
  return schema.anyOf?.find((one) => one.properties) ?? schema;
}

function withValue(base: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  const object = typeof base === 'object' && base !== null && !Array.isArray(base) ? base : {};
  const below = (object as Record<string, unknown>)[name!];
  return { ...object, [name!]: rest.length === 0 ? value : withValue(below, rest, value) };
}

function without(base: unknown, [name, ...rest]: readonly string[]): unknown {
  const { [name!]: below, ...others } = (typeof base === 'object' && base !== null ? base : {}) as Record<
    string,
    unknown
  >;
  return rest.length === 0 ? others : { ...others, [name!]: without(below, rest) };
}

function accepts(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    // The validator says no, whatever its words.
    return false;
  }
}

function shown(value: string): string {
  return value.length > 20 ? `${value.length} letters long` : value;
}
