import type { ErrorObject } from 'ajv';

const LONGEST_VALUE = 200;
const SECRET = /password|adminpass|secret|token|private_key|user_data|credential/i;

/** `Invalid input for field/attribute volume.size. Value: -1. -1 is less than the minimum of 1` */
export function bodyMessage(errors: readonly ErrorObject[]): string {
  return message('field/attribute', errors);
}

/** The same for what came in the URL or the headers. */
export function queryMessage(errors: readonly ErrorObject[]): string {
  return message('query parameters', errors);
}

function message(what: string, errors: readonly ErrorObject[]): string {
  const error = mostTelling(errors);
  if (!error) return `Invalid input for ${what}.`;
  const path = pathOf(error.instancePath);
  const value = shown(path, error.data);
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

function reason({ keyword, params, message: plain }: ErrorObject, value: string): string {
  switch (keyword) {
    case 'required':
      return `'${params.missingProperty}' is a required property`;
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params.additionalProperty ?? params.unevaluatedProperty).slice(0, LONGEST_VALUE);
      return `Additional properties are not allowed ('${name}' was unexpected)`;
    }
    case 'type':
      return `${value} is not of type '${[params.type].flat().join("', '")}'`;
    case 'minimum':
      return `${value} is less than the minimum of ${params.limit}`;
    case 'maximum':
      return `${value} is greater than the maximum of ${params.limit}`;
    case 'minLength':
    case 'minItems':
      return `${value} is too short`;
    case 'maxLength':
    case 'maxItems':
      return `${value} is too long`;
    case 'pattern':
      return `${value} does not match '${params.pattern}'`;
    case 'format':
      return `${value} is not a '${params.format}'`;
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
