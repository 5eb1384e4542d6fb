import { Type as T } from 'typebox';

/** A tag of a project or domain: anything that fits into a path and a comma-separated list. */
export const Tag = T.String({ minLength: 1, maxLength: 255, pattern: '^[^,/]*$', form: 'free of commas and slashes' });
export const MAX_TAGS = 80;
export const Tags = T.Array(Tag, { maxItems: MAX_TAGS, uniqueItems: true });
