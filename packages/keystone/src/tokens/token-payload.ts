import { decode, encode } from '@msgpack/msgpack';
import type { TokenClaims, TokenScope } from './token-claims.ts';

/** Keystone's numbers of the payloads' layouts. */
const UNSCOPED = 0;
const DOMAIN = 1;
const PROJECT = 2;
const SYSTEM = 8;

/** The methods in the order of Keystone's default configuration: each is one bit. */
const METHODS = ['external', 'password', 'token', 'oauth1', 'mapped', 'application_credential'] as const;
const COMPACT_ID = /^[0-9a-f]{32}$/;

type Packed = Omit<TokenClaims, 'issuedAt'>;

/** A token's content as Keystone lays it out, so that either can read the other's. The time of issue is Fernet's own. */
export function packClaims(claims: Packed): Buffer {
  const { scope } = claims;
  const head = [versionOf(scope), packedId(claims.userId), packedMethods(claims.methods)];
  // Python writes the time as a float even when it is a whole number.
  const expiresAt = encode(claims.expiresAt, { forceIntegerToFloat: true });
  const auditIds = claims.auditIds.map((id) => Buffer.from(id, 'base64url'));
  const parts = [...head, ...packedScope(scope)].map((part) => encode(part));
  parts.push(expiresAt, encode(auditIds));
  return Buffer.concat([Buffer.from([0x90 | parts.length]), ...parts]);
}

/** Reads what `packClaims` or Keystone wrote; undefined for a layout that is not known here. */
export function unpackClaims(bytes: Uint8Array): Packed | undefined {
  let payload: unknown;
  try {
    payload = decode(bytes);
  } catch {
    return undefined;
  }
  if (!Array.isArray(payload)) return undefined;
  const [version, user, methods, ...rest] = payload as unknown[];
  const scope = scopeOf(version, rest);
  const userId = idOf(user);
  const [expiresAt, auditIds] = scope?.kind === 'unscoped' ? rest : rest.slice(1);
  if (!scope || userId === undefined || typeof methods !== 'number' || typeof expiresAt !== 'number') return undefined;
  if (!Array.isArray(auditIds) || auditIds.length === 0) return undefined;
  return { userId, methods: methodsOf(methods), scope, expiresAt, auditIds: auditIds.map(auditIdOf) };
}

function versionOf({ kind }: TokenScope): number {
  return { unscoped: UNSCOPED, domain: DOMAIN, project: PROJECT, system: SYSTEM }[kind];
}

function packedScope(scope: TokenScope): unknown[] {
  switch (scope.kind) {
    case 'unscoped':
      return [];
    case 'project':
      return [packedId(scope.projectId)];
    case 'domain':
      return [COMPACT_ID.test(scope.domainId) ? Buffer.from(scope.domainId, 'hex') : scope.domainId];
    case 'system':
      return ['all'];
  }
}

function scopeOf(version: unknown, [first]: unknown[]): TokenScope | undefined {
  if (version === UNSCOPED) return { kind: 'unscoped' };
  if (version === SYSTEM) return { kind: 'system' };
  if (version === DOMAIN) {
    const domainId = textOf(first);
    return domainId === undefined ? undefined : { kind: 'domain', domainId };
  }
  const projectId = version === PROJECT ? idOf(first) : undefined;
  return projectId === undefined ? undefined : { kind: 'project', projectId };
}

/** `[true, 16 bytes]` for an id of 32 hexadecimal digits, else `[false, text]`. */
function packedId(id: string): unknown[] {
  return COMPACT_ID.test(id) ? [true, Buffer.from(id, 'hex')] : [false, id];
}

function idOf(packed: unknown): string | undefined {
  return Array.isArray(packed) && packed.length === 2 ? textOf(packed[1], packed[0] === true) : undefined;
}

function textOf(value: unknown, isCompact = true): string | undefined {
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array)) return undefined;
  return Buffer.from(value).toString(isCompact ? 'hex' : 'utf8');
}

function packedMethods(methods: readonly string[]): number {
  return METHODS.reduce((bits, method, at) => (methods.includes(method) ? bits | (1 << at) : bits), 0);
}

function methodsOf(bits: number): string[] {
  return METHODS.filter((_, at) => (bits & (1 << at)) !== 0);
}

function auditIdOf(id: unknown): string {
  return id instanceof Uint8Array ? Buffer.from(id).toString('base64url') : String(id);
}
