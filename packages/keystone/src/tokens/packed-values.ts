import type { PayloadField } from './payload-layout.ts';

const COMPACT_ID = /^[0-9a-f]{32}$/;
const COMPACT_BYTES = 16;

/** `[true, 16 bytes]` for an id of 32 hexadecimal digits, else `[false, text]`. */
export function packId(id: string): unknown[] {
  return COMPACT_ID.test(id) ? [true, Buffer.from(id, 'hex')] : [false, id];
}

/** 16 bytes for an id of 32 hexadecimal digits, else its text: how domains and trusts stand in payloads. */
export function packBareId(id: string): unknown {
  return COMPACT_ID.test(id) ? Buffer.from(id, 'hex') : id;
}

/** One bit for each method, by its place in the configuration. Methods that stand nowhere leave no trace. */
export function packMethods(methods: readonly string[], configured: readonly string[]): number {
  return configured.reduce((bits, method, at) => (methods.includes(method) ? bits + 2 ** at : bits), 0);
}

/** The methods of some bits, the last configured first, as Keystone lists them. */
export function unpackMethods(bits: unknown, configured: readonly string[]): string[] | undefined {
  if (typeof bits !== 'number' || !Number.isSafeInteger(bits) || bits < 0) return undefined;
  return configured.filter((_, at) => Math.floor(bits / 2 ** at) % 2 === 1).reverse();
}

export function unpackId(packed: unknown): string | undefined {
  if (!Array.isArray(packed) || packed.length !== 2) return undefined;
  const [isCompact, value] = packed as unknown[];
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array)) return undefined;
  return Buffer.from(value).toString(isCompact === true ? 'hex' : 'utf8');
}

/** Anything that is not what its field must be is undefined. */
export function unpackField(field: PayloadField, packed: unknown, configured: readonly string[]): unknown {
  switch (field) {
    case 'methods':
      return unpackMethods(packed, configured);
    case 'expiresAt':
      return typeof packed === 'number' ? packed : undefined;
    case 'auditIds':
      return Array.isArray(packed) && packed.length > 0 ? allOf(packed.map(auditIdOf)) : undefined;
    case 'groupIds':
      return Array.isArray(packed) ? allOf(packed.map(unpackId)) : undefined;
    case 'domainId':
    case 'trustId':
      return bareIdOf(packed);
    case 'system':
    case 'protocolId':
      return textOf(packed);
    case 'optionalDomainId':
      return Array.isArray(packed) && packed[1] === null ? null : unpackId(packed);
    default:
      return unpackId(packed);
  }
}

function bareIdOf(packed: unknown): string | undefined {
  if (!(packed instanceof Uint8Array)) return typeof packed === 'string' ? packed : undefined;
  return Buffer.from(packed).toString(packed.length === COMPACT_BYTES ? 'hex' : 'utf8');
}

function textOf(packed: unknown): string | undefined {
  if (packed instanceof Uint8Array) return Buffer.from(packed).toString('utf8');
  return typeof packed === 'string' ? packed : undefined;
}

function auditIdOf(packed: unknown): string | undefined {
  return packed instanceof Uint8Array ? Buffer.from(packed).toString('base64url') : undefined;
}

function allOf(values: readonly (string | undefined)[]): string[] | undefined {
  return values.includes(undefined) ? undefined : (values as string[]);
}
