import { readFileSync } from 'node:fs';
import {
  ACCESS_RULES_HEADER,
  ACCESS_RULES_VERSION,
  client,
  type Transport,
  tokenInfoOf,
  validateToken,
} from '@kumo/core/client';
import type { Context } from '@kumo/core/context';
import { KumoError } from '@kumo/core/errors';
import { CommandError } from '../cli/command-error.ts';

const LONGEST_TOKEN = 4096;

/**
 * Reads a token from a file, or from standard input for `-`. Never from the command line: other users see that.
 *
 * @throws CommandError when there is none.
 */
export function readToken(file: string): string {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8').trim();
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: ${(cause as Error).message}`, { exitCode: 2, cause });
  }
  if (text === '' || text.length > LONGEST_TOKEN || /\s/.test(text))
    throw new CommandError(`${file === '-' ? 'standard input' : file} holds no token: one line with nothing else`, {
      exitCode: 2,
    });
  return text;
}

/**
 * Asks Keystone whose token it is, with the token itself, and gives what every service would then know of the caller.
 *
 * @throws CommandError when Keystone refuses the token or does not answer.
 */
export async function contextOfToken(token: string, keystone: Transport): Promise<Context> {
  const api = client({ validateToken }, keystone, { from: 'client', to: 'keystone', token: async () => token });
  try {
    const headers = { 'x-subject-token': token, [ACCESS_RULES_HEADER]: ACCESS_RULES_VERSION };
    const { expiresAt, ...known } = tokenInfoOf(await api.validateToken({ query: { nocatalog: '1' }, headers }));
    return { ...known, requestId: 'req-explain', serviceRoles: [], tokenExpiresAt: expiresAt };
  } catch (cause) {
    if (!(cause instanceof KumoError)) throw cause;
    if (cause.kind === 'unauthorized' || cause.kind === 'notFound')
      throw new CommandError('Keystone refuses this token: it has ended, was revoked, or is none', { exitCode: 2 });
    const why = `Keystone cannot say whose token it is (${cause.message}): is the cloud running? kumo status`;
    throw new CommandError(why, { cause });
  }
}
