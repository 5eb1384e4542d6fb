import { type Static, Type as T } from 'typebox';
import { Check } from 'typebox/value';
import type { Context } from './index.ts';

/**
 * Says, beside the token of a service that is an administrator, for whom it asks: the request is then decided and carried
 * out as that user's (docs/adr/0012). Holds no secret.
 */
export const ON_BEHALF_OF = 'x-kumo-on-behalf-of';

const Text = T.String({ maxLength: 255 });
/** Of a context: what policies read of its user. */
const User = T.Object(
  {
    userId: T.String({ minLength: 1, maxLength: 255 }),
    userName: T.Optional(Text),
    userDomainId: T.Optional(Text),
    projectId: T.Optional(Text),
    projectName: T.Optional(Text),
    projectDomainId: T.Optional(Text),
    domainId: T.Optional(Text),
    systemScope: T.Optional(Text),
    roles: T.Array(Text, { maxItems: 256 }),
    isAdminProject: T.Optional(T.Boolean()),
    trustId: T.Optional(Text),
    trustorId: T.Optional(Text),
    trusteeId: T.Optional(Text),
  },
  { additionalProperties: false },
);
export type DelegatedUser = Static<typeof User>;

/** The header's value. */
export function delegated(ctx: Context): string {
  const fields = Object.keys(User.properties) as (keyof DelegatedUser)[];
  const user = Object.fromEntries(fields.map((name) => [name, ctx[name]]));
  return Buffer.from(JSON.stringify(user)).toString('base64url');
}

/** Whom a header names; undefined when it names nobody. */
export function delegatedUser(header: string): DelegatedUser | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64url').toString());
    return Check(User, value) ? value : undefined;
  } catch {
    // Not JSON: whoever sent it is no service of ours.
    return undefined;
  }
}
