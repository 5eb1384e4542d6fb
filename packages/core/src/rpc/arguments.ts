import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

const compiled = new WeakMap<TSchema, Validator>();

/** What is wrong with `value`, naming the field, or undefined. Schemas are compiled on first use. */
export function mismatch(schema: TSchema, value: unknown): string | undefined {
  let validator = compiled.get(schema);
  if (!validator) {
    validator = Compile(schema);
    compiled.set(schema, validator);
  }
  if (validator.Check(value)) return undefined;
  const [first] = validator.Errors(value);
  if (!first) return 'it does not match its schema';
  const extra = 'requiredProperties' in first.params ? '' : `${first.instancePath || '/'} `;
  return `${extra}${first.message}`;
}
