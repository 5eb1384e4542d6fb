import { statSync } from 'node:fs';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { nodeHttp } from '@kumo/core/http';
import type { Logger } from '@kumo/core/log';
import { namespacePath } from '../host/net-host.ts';
import type { MetadataDriver, MetadataHandler, MetadataPlace, MetadataRequest } from './driver.ts';
import { listenInNamespace } from './namespace-listener.ts';

/** Guests only read, apart from the password of Windows images. */
const MAX_BODY_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

/** Not forwarded: they are about this connection, or say who the client is, which only we may. */
const DROPPED =
  /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*|content-length|forwarded|x-forwarded-.*|x-real-ip|x-instance-id.*|x-tenant-id|x-neutron-.*|x-metadata-.*)$/;

interface Listener {
  server: Server;
  /** Inode of the namespace: another one under the same name is another namespace. */
  inode: number;
  sockets: Set<Socket>;
}

/** One HTTP server in this process for the metadata sockets of all namespaces. */
export class MetadataProxy implements MetadataDriver {
  readonly #handler: MetadataHandler;
  readonly #log: Logger;
  readonly #http: HttpServer;
  readonly #listeners = new Map<string, Listener>();
  readonly #places = new WeakMap<Socket, MetadataPlace>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: { handler: MetadataHandler; log: Logger }) {
    this.#handler = options.handler;
    this.#log = options.log;
    this.#http = nodeHttp.createServer({
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: 5000,
    });
    this.#http.on('request', (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.#log.error({ err: error }, 'metadata request failed');
        if (!response.headersSent) response.writeHead(502, { connection: 'close' });
        response.end();
      });
    });
  }

  sync(places: readonly MetadataPlace[]): Promise<void> {
    const work = async () => {
      const wanted = new Map(places.map((place) => [place.namespace, place]));
      for (const [namespace, listener] of [...this.#listeners]) {
        if (!wanted.has(namespace) || inodeOf(namespace) !== listener.inode) this.#drop(namespace, listener);
      }
      let firstError: unknown;
      for (const place of wanted.values()) {
        if (this.#listeners.has(place.namespace)) continue;
        await this.#listen(place).catch((error: unknown) => {
          firstError ??= error;
        });
      }
      if (firstError) throw firstError;
    };
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async report(): Promise<{ namespace: string }[]> {
    return [...this.#listeners.keys()].map((namespace) => ({ namespace }));
  }

  async close(): Promise<void> {
    await this.sync([]);
    this.#http.close();
  }

  async #listen(place: MetadataPlace): Promise<void> {
    const inode = inodeOf(place.namespace) ?? 0;
    const server = await listenInNamespace(place.namespace, { address: '169.254.169.254', port: 80 });
    const sockets = new Set<Socket>();
    server.on('error', (error) => this.#log.warn({ err: error, place }, 'a guest could not be let in'));
    server.on('connection', (socket) => {
      this.#places.set(socket, place);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      this.#http.emit('connection', socket);
      socket.resume();
    });
    this.#listeners.set(place.namespace, { server, inode, sockets });
  }

  #drop(namespace: string, { server, sockets }: Listener): void {
    this.#listeners.delete(namespace);
    server.close();
    for (const socket of sockets) socket.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const place = this.#places.get(request.socket);
    if (!place) throw new Error('A metadata request came by a socket of no namespace.');
    const body = await readBody(request);
    if (!body) {
      response.writeHead(413, { connection: 'close' }).end();
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

/** @returns undefined when the body is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function inodeOf(namespace: string): number | undefined {
  return statSync(namespacePath(namespace), { throwIfNoEntry: false })?.ino;
}
