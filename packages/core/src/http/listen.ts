import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { serverTls } from '../tls/index.ts';
import type { Connection } from './connections/connection.ts';
import { ConnectionGuard, type GuardOptions } from './connections/guard.ts';

export interface ListenOptions extends GuardOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Key and certificate chain in PEM; absent: plain HTTP. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
}

/** What accepts connections for an app and hands them to its HTTP server. */
interface Front {
  readonly server: Server;
  readonly guard: ConnectionGuard;
}

const fronts = new WeakMap<FastifyInstance, Front>();

/**
 * Opens the app's socket. `app.close()` closes it.
 * @returns the URL it is reached at.
 * @throws Error naming address and reason, with the system's `code`, when the port is taken or may not be opened.
 */
export async function listen(app: FastifyInstance, { host, port, tls, ...bounds }: ListenOptions): Promise<string> {
  await app.ready();
  const guard = new ConnectionGuard(bounds);
  guard.adopt(app.server);
  const server = tls ? tlsFront(app, guard, tls) : plainFront(app, guard);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    guard.stop();
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why =
      code === 'EADDRINUSE' ? 'the port is already taken' : code === 'EACCES' ? 'not permitted' : String(error);
    throw Object.assign(new Error(`cannot listen on ${host}:${port}: ${why}`, { cause: error }), { code });
  }
  server.removeAllListeners('error').on('error', (error) => app.server.emit('error', error));
  fronts.set(app, { server, guard });
  const opened = server.address();
  if (typeof opened !== 'object' || opened === null) throw new Error('a listening server has no address');
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${opened.port}`;
}

/** Takes no new requests, lets those under way finish for at most `deadlineMs`, then cuts what is left. */
export async function closeApp(app: FastifyInstance, deadlineMs = 10_000): Promise<void> {
  const front = fronts.get(app);
  const timer = setTimeout(() => front?.guard.closeAll(), deadlineMs);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

/** Closes the socket of an app that has one, and waits for its connections; part of `app.close()`. */
export async function closeFront(app: FastifyInstance): Promise<void> {
  const front = fronts.get(app);
  if (!front) return;
  fronts.delete(app);
  const { server, guard } = front;
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    guard.closeIdle();
  });
  guard.stop();
}

function plainFront(app: FastifyInstance, guard: ConnectionGuard): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (guard.admit(socket)) app.server.emit('connection', socket);
  });
}

/** Each connection is counted, and its time runs, from its first byte on and not only from the end of the handshake. */
function tlsFront(app: FastifyInstance, guard: ConnectionGuard, tls: NonNullable<ListenOptions['tls']>): Server {
  const shaking = new Map<string, Connection>();
  const server = createTlsServer({ ...serverTls(), key: tls.key, cert: tls.cert, noDelay: true });
  server.prependListener('connection', (raw: Socket) => {
    const connection = guard.admit(raw, { tls: true });
    if (!connection) return;
    const peer = peerOf(raw);
    shaking.set(peer, connection);
    raw.once('close', () => {
      if (shaking.get(peer) === connection) shaking.delete(peer);
    });
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const peer = peerOf(socket);
    const connection = shaking.get(peer);
    shaking.delete(peer);
    if (!connection) return socket.destroy();
    guard.secured(connection, socket);
    app.server.emit('connection', socket);
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

/** Node does not say which TCP connection a TLS socket stands on; no two of a listener have the same ends. */
function peerOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
