import { since } from '@kumo/core/microversion';
import { Links, LooseInteger, Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';

/** Ids in a path are not checked for their form: what is no id names nothing, 404. */
export const PathId = T.String({ minLength: 1, maxLength: 255 });
export const NullableString = Nullable(T.String());
export const Name = T.Optional(Nullable(T.String({ maxLength: 255 })));
export const Description = T.Optional(Nullable(T.String({ maxLength: 255 })));
export const MetadataMap = T.Record(
  T.String({ pattern: '^.{1,255}$', form: 'of 1 to 255 characters' }),
  T.String({ maxLength: 255 }),
  {
    additionalProperties: false,
    maxProperties: 128,
  },
);
export const SizeGb = LooseInteger;

export const MetadataBody = T.Object({ metadata: MetadataMap }, { additionalProperties: true });
export const MetaBody = T.Object({ meta: T.Record(T.String(), T.String(), { minProperties: 1, maxProperties: 1 }) });
export const MetadataReply = T.Object({ metadata: T.Record(T.String(), T.String()) });
export const MetaReply = T.Object({ meta: T.Record(T.String(), T.String()) });

export const WithLinks = { links: Links };
/** `next` links of a list. */
export const PageLinks = T.Optional(Links);
export const Count = T.Optional(since('3.45', T.Integer()));
