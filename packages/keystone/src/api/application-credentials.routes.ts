import { type HandlerInput, implement, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { NewApplicationCredential } from '../app/application-credentials.ts';
import type { KeystoneParts } from '../app/compose.ts';
import { loginClient } from '../app/login-client.ts';
import { notAllowed, notFound } from '../errors.ts';
import {
  type ApplicationCredentialCreate,
  createApplicationCredential,
  deleteApplicationCredential,
  listApplicationCredentials,
  showApplicationCredential,
} from './application-credentials.ts';
import { refuseRestricted, refuseTrusts } from './delegation-guards.ts';
import { applicationCredentialToWire } from './wire/application-credentials.ts';
import { pageLinks } from './wire/lists.ts';
import { equalities } from './wire/query.ts';

export function applicationCredentialRoutes({ applicationCredentials }: KeystoneParts): Route[] {
  /** Whose it is says the credential, not the path. */
  const ownerOf = async ({
    user_id,
    application_credential_id,
  }: {
    user_id: string;
    application_credential_id: string;
  }) => {
    const credential = await applicationCredentials.find(application_credential_id);
    return { credential, target: { user_id: credential?.userId ?? user_id } };
  };
  return [
    implement(listApplicationCredentials, async ({ ctx, params, query, request }) => {
      refuseTrusts(ctx);
      const { name, limit, marker } = query;
      const filters = equalities({ user_id: params.user_id, name });
      const found = await applicationCredentials.list({ filters, limit, marker });
      const wire = found.rows.map(async (one) =>
        applicationCredentialToWire(one, await applicationCredentials.rolesOf(one), request),
      );
      return { application_credentials: await Promise.all(wire), links: pageLinks(request, found) };
    }),
    implement(createApplicationCredential, async ({ ctx, params, body, request }) => {
      refuseTrusts(ctx);
      refuseRestricted(ctx);
      const wanted = wantedOf(params.user_id, body.application_credential, { ctx, request });
      const { credential, secret } = await applicationCredentials.create(wanted);
      const roles = await applicationCredentials.rolesOf(credential);
      return { application_credential: { ...applicationCredentialToWire(credential, roles, request), secret } };
    }),
    implement(showApplicationCredential, async ({ ctx, params, authorize, request }) => {
      const { credential, target } = await ownerOf(params);
      authorize(target);
      refuseTrusts(ctx);
      if (!credential) throw notFound({ kind: 'Application Credential', id: params.application_credential_id });
      const roles = await applicationCredentials.rolesOf(credential);
      return { application_credential: applicationCredentialToWire(credential, roles, request) };
    }),
    implement(deleteApplicationCredential, async ({ ctx, params, authorize }) => {
      authorize((await ownerOf(params)).target);
      refuseTrusts(ctx);
      refuseRestricted(ctx);
      await applicationCredentials.delete(params.application_credential_id);
    }),
  ];
}

/** Always for the project of the token with which it is made. */
function wantedOf(
  userId: string,
  wanted: Static<typeof ApplicationCredentialCreate>,
  { ctx, request }: Pick<HandlerInput, 'ctx' | 'request'>,
): NewApplicationCredential {
  const { name, description = null, secret, roles, expires_at: expiresAt, unrestricted, access_rules } = wanted;
  if (ctx.userId !== userId) throw notAllowed({ message: 'Cannot create an application credential for another user.' });
  if (ctx.projectId === undefined)
    throw notAllowed({ message: 'An application credential is made with the token of its project.' });
  return {
    userId,
    client: loginClient(request),
    projectId: ctx.projectId,
    tokenRoles: ctx.roles,
    name,
    description,
    ...(secret == null || secret === '' ? {} : { secret }),
    ...(roles === undefined ? {} : { roles }),
    expiresAt,
    unrestricted: unrestricted ?? false,
    accessRules: access_rules ?? [],
  };
}
