import { Type as T } from 'typebox';

/** `VCPU:2,MEMORY_MB:1024` */
export const Amounts = T.String({
  pattern: '^[A-Z0-9_]+:[1-9][0-9]{0,14}(,[A-Z0-9_]+:[1-9][0-9]{0,14})*$',
  maxLength: 2048,
});
/** `A,!B` and, from 1.39 on, `in:A,B`; repeatable from there on. */
export const RequiredTraits = T.Array(T.String({ pattern: '^(in:)?!?[A-Z0-9_]+(,!?[A-Z0-9_]+)*$', maxLength: 4096 }), {
  maxItems: 64,
});
/** One aggregate's uuid, `in:a,b`, and from 1.32 on the same with `!`; repeatable from 1.24 on. */
export const MemberOf = T.Array(
  T.String({ pattern: '^!?(in:)?[0-9a-fA-F-]{32,36}(,[0-9a-fA-F-]{32,36})*$', maxLength: 4096 }),
  { maxItems: 64 },
);

export const ResourceClassName = T.String({ pattern: '^[A-Z0-9_]+$', minLength: 1, maxLength: 255 });
export const CustomResourceClassName = T.String({ pattern: '^CUSTOM_[A-Z0-9_]+$', minLength: 1, maxLength: 255 });
export const TraitName = T.String({ pattern: '^[A-Z0-9_]+$', minLength: 1, maxLength: 255 });
export const CustomTraitName = T.String({ pattern: '^CUSTOM_[A-Z0-9_]+$', minLength: 1, maxLength: 255 });
export const Generation = T.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
