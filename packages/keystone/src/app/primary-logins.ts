import type { Token, Tokens } from './tokens.ts';

/** Ways of logging in that show the user, and not somebody whom the user lent something. */
const PRIMARY_METHODS = new Set([
  'external',
  'kerberos',
  'mapped',
  'openid',
  'password',
  'saml2',
  'token',
  'totp',
  'x509',
]);

/**
 * Whether a token comes from its user's own login: not by a trust, an application credential, an EC2 key or OAuth, nor by
 * another such token. One that does not say how it was got is none.
 */
export function isPrimary({ claims: { trustId, applicationCredentialId, methods } }: Token): boolean {
  if (trustId !== undefined || applicationCredentialId !== undefined) return false;
  return methods.length > 0 && methods.every((method) => PRIMARY_METHODS.has(method));
}

/** The same of a token that came with a request. */
export async function isOwnLogin(tokens: Tokens, text: string | undefined): Promise<boolean> {
  const token = text === undefined ? undefined : await tokens.find(text);
  return token !== undefined && isPrimary(token);
}
