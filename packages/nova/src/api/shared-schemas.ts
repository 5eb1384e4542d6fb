import { Links, Nullable } from '@kumo/core/schema';
import { Type as T, type TProperties, type TSchema } from 'typebox';

/** An object that takes nothing else. */
export const strict = <P extends TProperties>(properties: P) => T.Object(properties, { additionalProperties: false });

export const ServerParams = T.Object({ server_id: T.String({ maxLength: 255 }) });
/** What every operation below `/servers/{server_id}` has: its policy is asked for the server. */
export const onServer = { authorize: 'resource', params: ServerParams, errors: [401, 403, 404] } as const;

/** A name as Nova takes it: something to see, no control characters, no blanks at its ends. */
export const Name = T.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^(?!\\s)[^\\u0000-\\u001f\\u007f-\\u009f]*(?<!\\s)$',
  form: 'a name that can be printed, without a space before or after it',
});
export const Tag = T.String({ minLength: 1, maxLength: 60, pattern: '^[^,/]*$', form: 'free of commas and slashes' });
export const MetadataKey = T.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^[a-zA-Z0-9-_:. ]{1,255}$',
  form: 'of 1 to 255 letters, digits, spaces and _ : . -',
});
export const MetadataBody = T.Record(
  T.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$', form: 'of 1 to 255 letters, digits, spaces and _ : . -' }),
  T.String({ maxLength: 255 }),
  {
    additionalProperties: false,
  },
);
/** Lower and upper case, any of RFC 1123's characters; from 2.94 on a domain name. */
export const HostnameInput = T.String({
  minLength: 1,
  maxLength: 63,
  pattern: '^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$',
  form: 'made of letters and digits, with hyphens between them',
});
export const FqdnInput = T.String({
  minLength: 1,
  maxLength: 255,
  pattern:
    '^(?=.{1,255}$)[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$',
  form: 'a domain name',
});
export const ZoneInput = T.String({ minLength: 1, maxLength: 255 });
export const NullableText = Nullable(T.String());
export const Reference = T.Object({ id: T.String(), links: Links });
/** Under these names a list says where its next page is. */
export const NextLinks = T.Optional(T.Array(T.Object({ rel: T.String(), href: T.String() })));
export const listOf = <S extends TSchema>(schema: S, maxItems = 1000) => T.Array(schema, { maxItems });
