import { type HandlerInput, implement, keystoneLinks, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { notFound } from '../errors.ts';
import { refuseLentTokens } from './credentials.routes.ts';
import { createEc2Credential, deleteEc2Credential, listEc2Credentials, showEc2Credential } from './ec2-credentials.ts';
import { credentialTarget, ec2ToWire } from './wire/credentials.ts';
import { equalities } from './wire/query.ts';

type Asked = Pick<HandlerInput<typeof showEc2Credential>, 'ctx' | 'params' | 'authorize'>;

/** EC2 keys by the older API. */
export function ec2CredentialRoutes(parts: KeystoneParts): Route[] {
  const { credentials, users, projects } = parts;
  const userIn = async (id: string) => {
    const user = await users.find(id);
    if (!user) throw notFound({ kind: 'user', id });
    return user;
  };
  /** That a key is not there is told to everybody: nobody guesses one. */
  const found = async ({ ctx, params, authorize }: Asked) => {
    const credential = await credentials.findByAccess(params.credential_id);
    if (!credential) throw notFound({ kind: 'credential', id: params.credential_id });
    authorize(credentialTarget(credential));
    await userIn(params.user_id);
    await refuseLentTokens(parts, ctx);
    return credential;
  };
  return [
    implement(listEc2Credentials, async ({ ctx, params, request }) => {
      const user = await userIn(params.user_id);
      await refuseLentTokens(parts, ctx);
      const { rows } = await credentials.list({ filters: equalities({ user_id: user.id, type: 'ec2' }) });
      return { credentials: rows.map((one) => ec2ToWire(one, request)), links: keystoneLinks(request) };
    }),
    implement(createEc2Credential, async ({ ctx, params, body, authorize, request }) => {
      authorize(credentialTarget({ userId: params.user_id }));
      const user = await userIn(params.user_id);
      const project = await projects.find(body.tenant_id);
      if (!project) throw notFound({ kind: 'project', id: body.tenant_id });
      await refuseLentTokens(parts, ctx);
      return { credential: ec2ToWire(await credentials.createEc2(user.id, project.id), request) };
    }),
    implement(showEc2Credential, async (asked) => ({ credential: ec2ToWire(await found(asked), asked.request) })),
    implement(deleteEc2Credential, async (asked) => {
      await credentials.delete((await found(asked)).id);
    }),
  ];
}
