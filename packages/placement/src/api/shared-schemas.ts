import { Type as T } from 'typebox';

/** `VCPU:2,MEMORY_MB:1024` */
export const Amounts = T.String({
  pattern: '^[A-Z0-9_]+:[1-9][0-9]{0,14}(,[A-Z0-9_]+:[1-9][0-9]{0,14})*$',
  form: 'a list of classes and amounts, like VCPU:2,MEMORY_MB:64',
  maxLength: 2048,
});
/** `A,!B` and, from 1.39 on, `in:A,B`; repeatable from there on. */
const UPPER = 'made of capital letters, digits and _';
const CUSTOM = 'CUSTOM_ with capital letters, digits and _ behind it';
export const RequiredTraits = T.Array(
  T.String({
    pattern: '^(in:)?!?[A-Z0-9_]+(,!?[A-Z0-9_]+)*$',
    form: 'a list of traits, like HW_CPU_X86_AVX,!CUSTOM_X',
    maxLength: 4096,
  }),
  {
    maxItems: 64,
  },
);
/** One aggregate's uuid, `in:a,b`, and from 1.32 on the same with `!`; repeatable from 1.24 on. */
export const MemberOf = T.Array(
  T.String({
    pattern: '^!?(in:)?[0-9a-fA-F-]{32,36}(,[0-9a-fA-F-]{32,36})*$',
    form: 'a UUID of an aggregate, or in: with several',
    maxLength: 4096,
  }),
  { maxItems: 64 },
);

/** In a path that only looks for it. */
export const AnyName = T.String({ minLength: 1, maxLength: 255 });
export const ResourceClassName = T.String({ pattern: '^[A-Z0-9_]+$', form: UPPER, minLength: 1, maxLength: 255 });
export const CustomResourceClassName = T.String({
  pattern: '^CUSTOM_[A-Z0-9_]+$',
  form: CUSTOM,
  minLength: 1,
  maxLength: 255,
});
export const TraitName = T.String({ pattern: '^[A-Z0-9_]+$', form: UPPER, minLength: 1, maxLength: 255 });
export const CustomTraitName = T.String({ pattern: '^CUSTOM_[A-Z0-9_]+$', form: CUSTOM, minLength: 1, maxLength: 255 });
export const Generation = T.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
