import type { FastifyInstance } from 'fastify';

// biome-ignore lint/suspicious/noExplicitAny: replies of every shape are looked into
export type Json = any;
/** Sends one request that must succeed, as a token's owner, and gives the body. */
export type Make = (method: string, url: string, body?: unknown, token?: string) => Promise<Json>;

export function maker(
  app: FastifyInstance,
  defaultToken: string,
  headers: Readonly<Record<string, string>> = {},
): Make {
  return async (method, url, body, token = defaultToken) => {
    const reply = await app.inject({
      method: method as 'GET',
      url,
      headers: {
        'x-auth-token': token,
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    if (reply.statusCode >= 300) throw new Error(`${method} ${url}: ${reply.statusCode} ${reply.payload}`);
    return reply.payload === '' ? undefined : JSON.parse(reply.payload);
  };
}

let count = 0;
/** A name that nothing else has. */
export function fresh(prefix: string): string {
  count += 1;
  return `${prefix}${count}`;
}
