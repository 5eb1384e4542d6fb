import Value from 'typebox/value';
import type { Image } from '../db/images.ts';
import { attributeNeeded, invalidField, invalidPatch, locationsInvisible, propertyMissing } from '../errors.ts';
import { assertSettable, isField, withAttribute } from './image-attributes.ts';
import { settableFields } from './image-body.ts';

type Op = 'add' | 'replace' | 'remove';
export type PatchEntry = Readonly<Record<string, unknown>>;
export interface ImageChange {
  op: Op;
  name: string;
  value: unknown;
}

const ops: readonly Op[] = ['add', 'replace', 'remove'];

/**
 * What a JSON patch changes, in its order. Both media types are read: 2.1 has `{op, path, value}`, 2.0 the operation
 * as a key, `{replace: path, value}`.
 *
 * @throws invalidPatch, or locationsInvisible.
 */
export function changesOf(patch: readonly PatchEntry[]): ImageChange[] {
  return patch.map((entry) => {
    const named = entry.op ?? ops.find((op) => Object.hasOwn(entry, op));
    const op = ops.find((one) => one === named);
    if (op === undefined) throw invalidPatch({ reason: 'Operations must be one of add, replace and remove.' });
    const path = entry.op === undefined ? entry[op] : entry.path;
    if (op !== 'remove' && !Object.hasOwn(entry, 'value'))
      throw invalidPatch({ reason: `Operation ${op} requires a member named value.` });
    return { op, name: nameIn(path), value: entry.value };
  });
}

/** The image after one change. @throws what says why that attribute cannot be changed so. */
export function patched(image: Image, { op, name, value }: ImageChange): Image {
  assertSettable(name);
  if (isField(name)) {
    if (op === 'remove') throw attributeNeeded({ name });
    return withAttribute(image, name, checked(name as keyof typeof settableFields, value));
  }
  if (op !== 'add' && !Object.hasOwn(image.properties, name)) throw propertyMissing({ name });
  if (op !== 'remove') return withAttribute(image, name, value);
  const { [name]: _, ...properties } = image.properties;
  return { ...image, properties };
}

function checked(name: keyof typeof settableFields, value: unknown): unknown {
  const [error] = Value.Errors(settableFields[name], value);
  if (error)
    throw invalidField({ name, reason: `Value: ${JSON.stringify(value)?.slice(0, 200)}. It ${error.message}.` });
  return value;
}

/** The attribute that a JSON pointer names (RFC 6901: `~1` is a slash, `~0` a tilde). */
function nameIn(path: unknown): string {
  if (typeof path !== 'string' || !path.startsWith('/') || path.length > 1024)
    throw invalidPatch({ reason: 'A path must begin with a slash.' });
  const [name = '', ...deeper] = path.slice(1).split('/');
  if (/~(?![01])/.test(path)) throw invalidPatch({ reason: `Path ${path} has a tilde that escapes nothing.` });
  if (name === 'locations') throw locationsInvisible();
  if (name === '' || deeper.length > 0) throw invalidPatch({ reason: `Path ${path} does not name an attribute.` });
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
