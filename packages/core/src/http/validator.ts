import { Ajv, type Options, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { formats } from '../schema/formats.ts';
import { validationFailed } from './errors.ts';
import { type Part, validationMessage } from './validation-message.ts';

export type Validator = (value: unknown) => void;

const shared: Options = {
  strict: false,
  // The schemas are TypeBox's: Ajv's schema of schemas would cost 20 ms of every process's start.
  meta: false,
  validateSchema: false,
  allErrors: false,
  verbose: true,
  ownProperties: true,
  addUsedSchema: false,
  formats,
};
let exact: Ajv | undefined;
let lenient: Ajv | undefined;
const exactValidators = new WeakMap<TSchema, Validator>();
const queryValidators = new WeakMap<TSchema, Validator>();

/** Checks a parsed body as it is. Compiled once per schema object. Throws validationFailed, naming the field. */
export function bodyValidator(schema: TSchema): Validator {
  exact ??= new Ajv(shared);
  return memoised(exactValidators, schema, exact, 'body');
}

/**
 * Checks path parameters, query or headers, all of them texts: turns them into the schema's types and fills its defaults in,
 * in place. Compiled once per schema object. Throws validationFailed, naming the parameter.
 */
export function queryValidator(schema: TSchema, part: Exclude<Part, 'body'> = 'query'): Validator {
  lenient ??= new Ajv({ ...shared, coerceTypes: 'array', useDefaults: true });
  return memoised(queryValidators, schema, lenient, part);
}

function memoised(known: WeakMap<TSchema, Validator>, schema: TSchema, ajv: Ajv, part: Part): Validator {
  let validator = known.get(schema);
  if (!validator) {
    validator = validatorOf(ajv.compile(schema), part);
    known.set(schema, validator);
  }
  return validator;
}

function validatorOf(accepts: ValidateFunction, part: Part): Validator {
  return (value) => {
    if (!accepts(value)) throw validationFailed({ message: validationMessage(part, accepts.errors ?? []) });
  };
}
