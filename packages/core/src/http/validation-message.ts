import type { ErrorObject } from 'ajv';

const LONGEST_VALUE = 200;
const SECRET = /password|adminpass|secret|token|private_key|user_data|credential/i;

/** What a value came in: each has names of its own for its parts. */
export type Part = 'body' | 'query' | 'path' | 'header';

const NAMES: Readonly<Record<Part, string>> = {
  body: 'field/attribute',
  query: 'query parameters',
  path: 'path parameter',
  header: 'header',
};

/**
 * Names the field, what came and what is allowed: `Invalid input for field/attribute volume.size. Value: -1. -1 is less than the
 * minimum of 1`. A schema with a pattern says in `form` what fits it, as the end of "it is not …".
 */
export function validationMessage(part: Part, errors: readonly ErrorObject[]): string {
  const error = mostTelling(errors);
  const what = NAMES[part];
  if (!error) return `Invalid input for ${what}.`;
  const path = pathOf(error.instancePath);
  const value = shown(path, error.data);
  // What is wrong with the whole of a query is said of one of its parameters.
  if (path === '' && part !== 'body') return `Invalid input for ${what}: ${reason(error, value)}`;
  return `Invalid input for ${what} ${path || 'body'}. Value: ${value}. ${reason(error, value)}`;
}

/** Of a union that nothing matched, the error of the branch that came furthest. */
function mostTelling(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const last = errors.at(-1);
  if (last?.keyword !== 'anyOf' && last?.keyword !== 'oneOf') return last;
  const branches = errors.slice(0, -1).filter((error) => !(error.keyword === 'type' && error.params.type === 'null'));
  if (branches.length === 1) return branches[0];
  const deepest = branches.toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0];
  return deepest && deepest.instancePath.length > last.instancePath.length ? deepest : last;
}

/** `/server/networks/0/uuid` as `server.networks.0.uuid`. */
function pathOf(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}

function shown(path: string, value: unknown): string {
  if (SECRET.test(path)) return '***';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function reason({ keyword, params, data, parentSchema, message: plain }: ErrorObject, value: string): string {
  switch (keyword) {
    case 'required':
      return `'${params.missingProperty}' is a required property`;
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params.additionalProperty ?? params.unevaluatedProperty).slice(0, LONGEST_VALUE);
      if (parentSchema?.patternProperties) return `'${name}' is not a name that is allowed here`;
      return `Additional properties are not allowed ('${name}' was unexpected)${knownNames(parentSchema)}`;
    }
    case 'type':
      return `${value} is not of type '${[params.type].flat().join("', '")}'`;
    case 'minimum':
      return `${value} is less than the minimum of ${params.limit}`;
    case 'maximum':
      return `${value} is greater than the maximum of ${params.limit}`;
    case 'minLength':
      return `${value} is too short: at least ${counted(params.limit, 'character')}`;
    case 'maxLength':
      return `${value} is too long: it has ${lengthOf(data)}, at most ${counted(params.limit, 'character')}`;
    case 'minItems':
      return `${value} is too short: at least ${counted(params.limit, 'element')}`;
    case 'maxItems':
      return `${value} is too long: at most ${counted(params.limit, 'element')}`;
    case 'minProperties':
      return `at least ${counted(params.limit, 'field')} of it must be given${knownNames(parentSchema)}`;
    case 'maxProperties':
      return `it has too many fields: at most ${params.limit} are allowed`;
    case 'pattern':
      return `${value} is not ${formOf(parentSchema) ?? `of the form that is allowed, the regular expression '${params.pattern}'`}`;
    case 'format':
      return `${value} is not ${FORMATS[params.format] ?? `a '${params.format}'`}`;
    case 'propertyNames':
      return `the name '${String(params.propertyName).slice(0, LONGEST_VALUE)}' is not allowed`;
    case 'enum':
      return `${value} is not one of ${JSON.stringify(params.allowedValues)}`;
    case 'const':
      return `${JSON.stringify(params.allowedValue)} was expected`;
    case 'uniqueItems':
      return `${value} has non-unique elements`;
    case 'anyOf':
    case 'oneOf':
      return `${value} is not valid under any of the given schemas`;
    default:
      return plain ?? `it does not satisfy '${keyword}'`;
  }
}

/** Formats of ours (core/schema) in words; the rest of "it is not …". */
const FORMATS: Readonly<Record<string, string>> = {
  uuid: "a 'uuid'",
  'date-time': 'a time in ISO 8601, like 2026-01-31T12:00:00Z',
  ip: 'an IP address',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  cidr: 'a network in CIDR form, like 10.0.0.0/24',
  mac: 'a MAC address, like fa:16:3e:00:00:01',
  hostname: 'a host name',
  uri: 'an absolute URI',
  base64: 'base64',
  'not-blank': 'a text with something else than spaces in it',
};

const MOST_NAMES = 40;

/** `; known are: a, b` for a schema with names of its own. */
function knownNames(schema: ErrorObject['parentSchema']): string {
  const names = Object.keys((schema?.properties ?? {}) as object);
  if (names.length === 0) return '';
  const shownNames = names.slice(0, MOST_NAMES).join(', ');
  return `; known are: ${shownNames}${names.length > MOST_NAMES ? ' and others' : ''}`;
}

function formOf(schema: ErrorObject['parentSchema']): string | undefined {
  return typeof schema?.form === 'string' ? schema.form : undefined;
}

const counted = (count: number, thing: string) => `${count} ${thing}${count === 1 ? '' : 's'}`;
const lengthOf = (data: unknown) => [...String(data)].length.toString();
