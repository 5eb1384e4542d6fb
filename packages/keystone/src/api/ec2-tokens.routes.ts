import { unauthorized } from '@kumo/core/errors';
import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import type { Token } from '../app/tokens.ts';
import { issueEc2Token, issueS3Token } from './ec2-tokens.ts';
import { tokenBody } from './wire/tokens.ts';

type Values = Readonly<Record<string, string | number | boolean | null>>;

/** Tokens for signatures. Who asks is a service: what anybody signed is no secret (OSSA-2025-002). */
export function ec2TokenRoutes({ ec2Tokens, tokenCatalog }: KeystoneParts): Route[] {
  const shown = async (token: Token) => {
    return tokenBody(token, await tokenCatalog.entries(token.claims.userId, token.project?.id));
  };
  return [
    implement(issueEc2Token, async ({ body, reply }) => {
      const { access, signature, host, verb, path, params, headers, body_hash } = shownIn(body);
      if (access === undefined || !signature) throw unauthorized();
      const { text, token } = await ec2Tokens.ofRequest({
        access,
        signature,
        host: host ?? '',
        verb: verb ?? '',
        path: path ?? '',
        params: texts(params),
        headers: texts(headers),
        bodyHash: body_hash ?? '',
      });
      reply.header('X-Subject-Token', text);
      return shown(token);
    }),
    implement(issueS3Token, async ({ body }) => {
      const { access, signature, token: signed } = shownIn(body);
      if (access === undefined || !signature || signed === undefined) throw unauthorized();
      const { token } = await ec2Tokens.ofText({ access, signature, text: Buffer.from(signed, 'base64url') });
      return shown(token);
    }),
  ];
}

/** @throws unauthorized when nothing is shown. */
function shownIn<S>(body: { credentials?: S; credential?: S; ec2Credentials?: S }): S {
  const shown = body.credentials ?? body.credential ?? body.ec2Credentials;
  if (shown === undefined) throw unauthorized();
  return shown;
}

function texts(values: Values | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [name, value === null ? '' : String(value)]),
  );
}
