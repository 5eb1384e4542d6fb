import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { overLimit } from '@kumo/core/errors';
import {
  ConnectionGuard,
  type ConnectionLimits,
  ConnectionTable,
  closeLingering,
  guarded,
  nodeHttp,
  readBody,
  tune,
} from '@kumo/core/http';
import type { Logger } from '@kumo/core/log';
import type { MetadataHandler, MetadataPlace, MetadataRequest } from './driver.ts';

/** Guests only read, apart from the password of Windows images. */
const MAX_BODY_BYTES = 64 * 1024;
/** Of all guests of this host, and of each: a guest asks one thing after the other. */
const BOUNDS = { most: 512, mostPerAddress: 8 };
const LIMITS: Partial<ConnectionLimits> = {
  headersMs: 10_000,
  bodyMs: 10_000,
  keepAliveMs: 5_000,
  stallMs: 10_000,
  pipelined: 4,
};

/** Not forwarded: they are about this connection, or say who the client is, which only we may. */
const DROPPED =
  /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*|content-length|forwarded|x-forwarded-.*|x-real-ip|x-instance-id.*|x-tenant-id|x-neutron-.*|x-metadata-.*)$/;

/** HTTP on the connections of guests, each within bounds of its own. */
export class MetadataHttp {
  readonly #handler: MetadataHandler;
  readonly #server: Server;
  readonly #guard: ConnectionGuard;
  readonly #places = new WeakMap<Socket, MetadataPlace>();

  constructor({ handler, log, limits = LIMITS }: { handler: MetadataHandler; log: Logger; limits?: typeof LIMITS }) {
    this.#handler = handler;
    this.#guard = new ConnectionGuard({ limits, table: new ConnectionTable(BOUNDS) });
    this.#server = nodeHttp.createServer(
      guarded((request, response) => {
        this.#serve(request, response).catch((error: unknown) => {
          // A guest may go away in the middle of its request.
          if (request.destroyed && !request.complete) return;
          log.error({ err: error }, 'a guest got no metadata: is nova-metadata-api reachable from this host?');
          if (!response.headersSent) response.writeHead(502, { connection: 'close' });
          response.end();
        });
      }),
    );
    tune(this.#server);
    this.#guard.adopt(this.#server);
  }

  /** Serves a guest's connection; false when it was refused, and ended. */
  accept(socket: Socket, place: MetadataPlace): boolean {
    // Two networks may both have a guest with this address.
    if (!this.#guard.admit(socket, { key: `${place.namespace} ${socket.remoteAddress}` })) return false;
    this.#places.set(socket, place);
    this.#server.emit('connection', socket);
    return true;
  }

  close(): void {
    this.#guard.closeAll();
    this.#guard.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const place = this.#places.get(request.socket);
    if (!place) throw new Error('A metadata request came by a socket of no namespace.');
    let body: Buffer;
    try {
      body = await readBody(request, MAX_BODY_BYTES);
    } catch (error) {
      // Too long, too late, or broken off: a guest's affair, which is not to fill the node's log.
      closeLingering(request);
      response.writeHead(overLimit.is(error) ? 413 : 400, { connection: 'close' }).end();
      return;
    }
    const reply = await this.#handler(metadataRequest(request, place, body));
    const text = Buffer.from(reply.body);
    response.writeHead(reply.status, { ...reply.headers, 'content-length': String(text.length) });
    response.end(request.method === 'HEAD' ? undefined : text);
  }
}

function metadataRequest(request: IncomingMessage, place: MetadataPlace, body: Buffer): MetadataRequest {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined || DROPPED.test(name) ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  );
  const { routerId, networkId } = place;
  return {
    clientIp: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    ...(routerId === undefined ? { networkId } : { routerId }),
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: Object.fromEntries(headers),
    body,
  };
}
