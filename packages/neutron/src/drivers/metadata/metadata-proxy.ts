import { statSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import type { Logger } from '@kumo/core/log';
import { namespacePath } from '../host/net-host.ts';
import type { MetadataDriver, MetadataHandler, MetadataPlace } from './driver.ts';
import { MetadataHttp } from './metadata-http.ts';
import { listenInNamespace } from './namespace-listener.ts';

interface Listener {
  server: Server;
  /** Inode of the namespace: another one under the same name is another namespace. */
  inode: number;
  sockets: Set<Socket>;
}

/** One HTTP server in this process for the metadata sockets of all namespaces. */
export class MetadataProxy implements MetadataDriver {
  readonly #log: Logger;
  readonly #http: MetadataHttp;
  readonly #listeners = new Map<string, Listener>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: { handler: MetadataHandler; log: Logger }) {
    this.#log = options.log;
    this.#http = new MetadataHttp(options);
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
      if (!this.#http.accept(socket, place)) return;
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.resume();
    });
    this.#listeners.set(place.namespace, { server, inode, sockets });
  }

  #drop(namespace: string, { server, sockets }: Listener): void {
    this.#listeners.delete(namespace);
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

function inodeOf(namespace: string): number | undefined {
  return statSync(namespacePath(namespace), { throwIfNoEntry: false })?.ino;
}
