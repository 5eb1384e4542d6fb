import { type Static, Type as T, type TSchema } from 'typebox';

// What fits a pattern, for the messages of those that do not: the end of "it is not …".
const METADATA_KEY = 'of 1 to 255 letters, digits, spaces and _ : . -';
const TRUTH_VALUE = 'a truth value, like true or false';

/** With or without hyphens, any case, as OpenStack takes them. */
export const Uuid = T.String({ format: 'uuid' });
/** An id of Keystone (32 or 64 hexadecimal digits, or a word like `default`) or another opaque id. */
export const OpaqueId = T.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[a-zA-Z0-9_-]+$',
  form: 'made of letters, digits, _ and - alone',
});
/** A name with something to see in it. */
export const Name255 = T.String({ minLength: 1, maxLength: 255, format: 'not-blank' });
/** Where a service takes an empty name. */
export const NameOrEmpty255 = T.String({ maxLength: 255 });
export const Description255 = T.String({ maxLength: 255 });
export const Cidr = T.String({ format: 'cidr', maxLength: 64 });
export const IpAddress = T.String({ format: 'ip', maxLength: 64 });
export const Ipv4Address = T.String({ format: 'ipv4', maxLength: 15 });
export const Ipv6Address = T.String({ format: 'ipv6', maxLength: 64 });
export const MacAddress = T.String({ format: 'mac', maxLength: 17 });
export const Hostname = T.String({ format: 'hostname', maxLength: 253 });
export const DateTime = T.String({ format: 'date-time', maxLength: 64 });
export const Uri = T.String({ format: 'uri', maxLength: 2048 });
export const Base64 = T.String({ format: 'base64' });
export const PositiveInteger = T.Integer({ minimum: 1, maximum: 0x7fffffff });
export const NonNegativeInteger = T.Integer({ minimum: 0, maximum: 0x7fffffff });

export const Link = T.Object({ rel: T.String(), href: T.String(), type: T.Optional(T.String()) });
export const Links = T.Array(Link);
/** Nova's and Cinder's metadata: text to text, 255 characters each. */
export const Metadata = T.Record(
  T.String({ pattern: '^[a-zA-Z0-9_:. -]{1,255}$', form: METADATA_KEY }),
  T.String({ maxLength: 255 }),
  {
    additionalProperties: false,
    maxProperties: 1024,
  },
);

/** The schema, or null. */
export function Nullable<S extends TSchema>(schema: S) {
  return T.Union([schema, T.Null()]);
}

/** A string of a fixed set; smaller to validate and to read in errors than a union of literals. */
export function StringEnum<const V extends readonly string[]>(...values: V) {
  return T.Enum(values);
}

/** `true` and the texts that OpenStack takes for truth values. */
export const LooseBoolean = T.Union([
  T.Boolean(),
  T.String({
    pattern: '^\\s*(?:[Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[TtFfYyNn01])\\s*$',
    form: TRUTH_VALUE,
  }),
]);
/** A truth value in a query, always a text. */
export const QueryBoolean = T.String({
  pattern: '^(?:[Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[TtFfYyNn01])$',
  form: TRUTH_VALUE,
});

/** Reads what `LooseBoolean` and `QueryBoolean` accepted; `fallback` for undefined. */
export function parseBoolean(value: Static<typeof LooseBoolean> | undefined, fallback = false): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  return /^(?:true|t|yes|y|on|1)$/i.test(value.trim());
}

/** An integer that the databases' 32 bits hold, or at most nine decimal digits as text; `Number(value)` reads both. */
export const LooseInteger = T.Union([
  T.Integer({ minimum: -0x80000000, maximum: 0x7fffffff }),
  T.String({ pattern: '^-?[0-9]{1,9}$', form: 'a whole number of at most nine digits' }),
]);
