import type { Server } from 'node:http';
import { createServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { tune } from './server-settings.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Key and certificate chain in PEM; absent: plain HTTP. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
}

/** An app is made before it is known whether it will speak TLS: then a second server stands in front of it. */
const tlsServers = new WeakMap<FastifyInstance, TlsServer>();

/**
 * Opens the app's socket. `app.close()` closes it.
 * @returns the URL it is reached at.
 * @throws Error naming address and reason, with the system's `code`, when the port is taken or may not be opened.
 */
export async function listen(app: FastifyInstance, { host, port, tls }: ListenOptions): Promise<string> {
  try {
    return tls ? await listenTls(app, host, port, tls) : await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why =
      code === 'EADDRINUSE' ? 'the port is already taken' : code === 'EACCES' ? 'not permitted' : String(error);
    throw Object.assign(new Error(`cannot listen on ${host}:${port}: ${why}`, { cause: error }), { code });
  }
}

/** Takes no new requests, lets those under way finish for at most `deadlineMs`, then cuts what is left. */
export async function closeApp(app: FastifyInstance, deadlineMs = 10_000): Promise<void> {
  const servers: Server[] = [app.server, tlsServers.get(app)].filter((server) => server !== undefined);
  const timer = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, deadlineMs);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

/** Ends the TLS server of an app that has one; part of `app.close()`. */
export async function closeTls(app: FastifyInstance): Promise<void> {
  const server = tlsServers.get(app);
  if (!server) return;
  tlsServers.delete(app);
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeIdleConnections();
  });
}

async function listenTls(
  app: FastifyInstance,
  host: string,
  port: number,
  tls: NonNullable<ListenOptions['tls']>,
): Promise<string> {
  await app.ready();
  const server = createServer({ key: tls.key, cert: tls.cert, minVersion: 'TLSv1.2' }, (request, response) =>
    app.routing(request, response),
  );
  tune(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  server.on('error', (error) => app.server.emit('error', error));
  tlsServers.set(app, server);
  const { port: opened } = server.address() as AddressInfo;
  return `https://${host.includes(':') ? `[${host}]` : host}:${opened}`;
}
