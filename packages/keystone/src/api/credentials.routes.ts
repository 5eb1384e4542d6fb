import type { Context } from '@kumo/core/context';
import { type HandlerInput, implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { isOwnLogin } from '../app/primary-logins.ts';
import { invalid, notAllowed, notFound } from '../errors.ts';
import {
  createCredential,
  deleteCredential,
  listCredentials,
  showCredential,
  updateCredential,
} from './credentials.ts';
import { credentialFromWire, credentialTarget, credentialToWire } from './wire/credentials.ts';
import { pageLinks } from './wire/lists.ts';
import { equalities } from './wire/query.ts';

type Authorize = HandlerInput['authorize'];

/** No user has it: what holds for it holds for everybody's credentials. */
const ANYBODY = { userId: ' anybody' };

export function credentialRoutes(parts: KeystoneParts): Route[] {
  const { credentials } = parts;
  /** What is not there is only told to whom all credentials are shown. */
  const found = async ({ ctx, id, authorize }: { ctx: Context; id: string; authorize: Authorize }) => {
    const credential = await credentials.find(id);
    authorize(credentialTarget(credential));
    if (!credential) throw notFound({ kind: 'credential', id });
    await refuseLentTokens(parts, ctx);
    return credential;
  };
  return [
    listRoute(parts),
    implement(createCredential, async ({ ctx, body, authorize, request }) => {
      const wanted = credentialFromWire(body.credential);
      authorize(credentialTarget(wanted));
      await refuseLentTokens(parts, ctx);
      return { credential: credentialToWire(await credentials.create(wanted), request) };
    }),
    implement(showCredential, async ({ ctx, params, authorize, request }) => ({
      credential: credentialToWire(await found({ ctx, id: params.credential_id, authorize }), request),
    })),
    implement(updateCredential, async ({ ctx, params, body, authorize, request }) => {
      const { id, ...known } = await found({ ctx, id: params.credential_id, authorize });
      refuseOtherChanges(credentialToWire({ id, ...known }, request), body.credential);
      const { blob } = body.credential;
      if (blob === undefined) throw invalid({ message: "'blob' is a required property" });
      return { credential: credentialToWire(await credentials.update(id, blob), request) };
    }),
    implement(deleteCredential, async ({ ctx, params, authorize }) => {
      await credentials.delete((await found({ ctx, id: params.credential_id, authorize })).id);
    }),
  ];
}

/** Who may not see everybody's sees their own, whatever they ask for (OSSA-2019-006). */
function listRoute({ credentials, tokens }: KeystoneParts): Route {
  return implement(listCredentials, async ({ ctx, query, authorize, allows, request }) => {
    authorize(credentialTarget(ctx.systemScope === undefined ? ctx : undefined));
    const { user_id, type, limit, marker } = query;
    const maySee = (one: { userId: string }) => allows(showCredential.policy.name, credentialTarget(one));
    const own = maySee(ANYBODY) ? [] : equalities({ user_id: ctx.userId });
    const isShown = await isOwnLogin(tokens, ctx.token);
    const filters = [...equalities({ user_id, type }), ...own];
    const page = isShown ? await credentials.list({ filters, limit, marker }) : { rows: [], hasMore: false };
    const shown = page.rows.filter(maySee);
    return { credentials: shown.map((one) => credentialToWire(one, request)), links: pageLinks(request, page) };
  });
}

/** Somebody to whom the user only lent something: their keys would outlive that. @throws notAllowed */
export async function refuseLentTokens({ tokens }: Pick<KeystoneParts, 'tokens'>, ctx: Context): Promise<void> {
  if (!(await isOwnLogin(tokens, ctx.token)))
    throw notAllowed({ message: 'Delegated tokens cannot access credentials directly' });
}

/** Owner, project, type and all else stay (OSSA-2020-004). @throws invalid */
function refuseOtherChanges(known: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(wanted))
    if (name !== 'blob' && JSON.stringify(value) !== JSON.stringify(known[name]))
      throw invalid({ message: `Additional properties are not allowed ('${name}' was unexpected)` });
}
