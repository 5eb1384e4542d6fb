import { Decoder, Encoder } from '@msgpack/msgpack';
import { packBareId, packId, packMethods, unpackField } from './packed-values.ts';
import {
  APPLICATION_CREDENTIAL,
  DOMAIN,
  LAYOUTS,
  type PayloadField,
  type PayloadLayout,
  PROJECT,
  SERVED,
  SYSTEM,
  TRUST,
  UNSCOPED,
} from './payload-layout.ts';
import type { TokenClaims, TokenScope } from './token-claims.ts';

/**
 * The methods in the order of Keystone's default configuration, each one bit, and `totp` after them: a real Keystone
 * that reads our tokens needs the same `[auth] methods`.
 */
export const DEFAULT_METHODS: readonly string[] = [
  'external',
  'password',
  'token',
  'oauth1',
  'mapped',
  'application_credential',
  'totp',
];

const decoder = new Decoder();
const encoder = new Encoder();
/** Python writes the time as a float even when it is a whole number. */
const floatEncoder = new Encoder({ forceIntegerToFloat: true });

type Packed = Omit<TokenClaims, 'issuedAt'>;

/** What a payload says, whether or not such tokens are served here. */
export interface ReadPayload {
  readonly layout: PayloadLayout;
  readonly values: Readonly<Partial<Record<PayloadField, unknown>>>;
}

/**
 * A token's content as Keystone lays it out, so that either can read the other's. The time of issue is Fernet's own.
 * @param configured the configured methods, whose places are their bits.
 */
export function packClaims(claims: Packed, configured: readonly string[] = DEFAULT_METHODS): Buffer {
  const layout = layoutOf(claims);
  const head = Buffer.from([0x90 | (layout.fields.length + 1), layout.version]);
  return Buffer.concat([head, ...layout.fields.map((field) => packField(field, claims, configured))]);
}

/** Reads what `packClaims` or Keystone wrote; undefined for a layout that is not known or not served here. */
export function unpackClaims(bytes: Uint8Array, configured: readonly string[] = DEFAULT_METHODS): Packed | undefined {
  const read = readPayload(bytes, configured);
  if (!read || !SERVED.includes(read.layout)) return undefined;
  const { userId, methods, expiresAt, auditIds, trustId, applicationCredentialId } = read.values;
  return {
    userId: userId as string,
    methods: methods as string[],
    scope: scopeOf(read),
    ...(trustId === undefined ? {} : { trustId: trustId as string }),
    ...(applicationCredentialId === undefined ? {} : { applicationCredentialId: applicationCredentialId as string }),
    expiresAt: expiresAt as number,
    auditIds: auditIds as string[],
  };
}

/** Any payload of Keystone's; undefined when it is none. */
export function readPayload(
  bytes: Uint8Array,
  configured: readonly string[] = DEFAULT_METHODS,
): ReadPayload | undefined {
  let payload: unknown;
  try {
    payload = decoder.decode(bytes);
  } catch {
    return undefined;
  }
  if (!Array.isArray(payload)) return undefined;
  const layout = LAYOUTS.find((one) => one.version === payload[0]);
  if (!layout || payload.length !== layout.fields.length + 1) return undefined;
  const values: Partial<Record<PayloadField, unknown>> = {};
  for (const [at, field] of layout.fields.entries()) {
    const value = unpackField(field, payload[at + 1], configured);
    if (value === undefined) return undefined;
    values[field] = value;
  }
  return { layout, values };
}

function layoutOf({ scope, trustId, applicationCredentialId }: Packed): PayloadLayout {
  if (trustId !== undefined) return TRUST;
  if (applicationCredentialId !== undefined) return APPLICATION_CREDENTIAL;
  return { unscoped: UNSCOPED, domain: DOMAIN, project: PROJECT, system: SYSTEM }[scope.kind];
}

function packField(field: PayloadField, claims: Packed, configured: readonly string[]): Uint8Array {
  const { scope } = claims;
  switch (field) {
    case 'userId':
      return encoder.encode(packId(claims.userId));
    case 'methods':
      return encoder.encode(packMethods(claims.methods, configured));
    case 'projectId':
      if (scope.kind !== 'project') throw new Error('a trust or application credential is of a project');
      return encoder.encode(packId(scope.projectId));
    case 'domainId':
      return encoder.encode(packBareId(scope.kind === 'domain' ? scope.domainId : ''));
    case 'system':
      return encoder.encode('all');
    case 'trustId':
      return encoder.encode(packBareId(claims.trustId as string));
    case 'applicationCredentialId':
      return encoder.encode(packId(claims.applicationCredentialId as string));
    case 'expiresAt':
      return floatEncoder.encode(claims.expiresAt);
    case 'auditIds':
      return encoder.encode(claims.auditIds.map((id) => Buffer.from(id, 'base64url')));
    default:
      throw new Error(`no token of ours has ${field}`);
  }
}

function scopeOf({ layout, values }: ReadPayload): TokenScope {
  if (layout === UNSCOPED) return { kind: 'unscoped' };
  if (layout === SYSTEM) return { kind: 'system' };
  if (layout === DOMAIN) return { kind: 'domain', domainId: values.domainId as string };
  return { kind: 'project', projectId: values.projectId as string };
}
