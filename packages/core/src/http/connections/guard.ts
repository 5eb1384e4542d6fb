import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Connection } from './connection.ts';
import { type ConnectionLimits, DEFAULT_LIMITS } from './limits.ts';
import { ConnectionTable } from './table.ts';

export interface GuardOptions {
  readonly limits?: Partial<ConnectionLimits> | undefined;
  /** Shared by the listeners of a process; absent: one for this listener alone. */
  readonly table?: ConnectionTable | undefined;
}

const LOOK_MS = 1_000;
const LOOKS_PER_LIMIT = 5;
const connections = new WeakMap<Socket, Connection>();

/** The connection that a request came by; undefined for one without a socket, or of a server without a guard. */
export function connectionOf(socket: Socket): Connection | undefined {
  return connections.get(socket);
}

/** A server's listener with the bound on pipelined requests; what a guard needs to know of requests it learns here. */
export function guarded(listener: RequestListener): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(request.socket);
    if (!connection || connection.begin(request, response)) return listener(request, response);
    request.socket.destroy();
  };
}

/**
 * Keeps the connections of a listener within bounds: how many there are, and how long each may take over what it does, from
 * its TCP connection on. Whoever accepts connections tells `admit` of each before anything else listens to it.
 */
export class ConnectionGuard {
  readonly table: ConnectionTable;
  readonly #limits: ConnectionLimits;
  readonly #open = new Set<Connection>();
  readonly #look: NodeJS.Timeout;
  #isClosing = false;

  constructor({ limits, table }: GuardOptions = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.table = table ?? new ConnectionTable();
    const { handshakeMs, headersMs, bodyMs, stallMs } = this.#limits;
    const shortest = Math.min(handshakeMs, headersMs, bodyMs, stallMs);
    this.#look = setInterval(() => this.#lookAround(), Math.min(LOOK_MS, shortest / LOOKS_PER_LIMIT)).unref();
  }

  /** Gives an HTTP server, whose listener is `guarded`, the limits that Node keeps itself. */
  adopt(server: Server): void {
    server.keepAliveTimeout = this.#limits.keepAliveMs;
  }

  /**
   * Counts a connection that has just been accepted; one for which there is no room is ended.
   * @param key whom it is counted for. Default: its address.
   * @returns what to tell when TLS's handshake is over; undefined when it was refused.
   */
  admit(raw: Socket, { tls = false, key }: { tls?: boolean; key?: string } = {}): Connection | undefined {
    const connection = new Connection(raw, { key, limits: this.#limits, tls });
    // Without an address it is gone already.
    if (this.#isClosing || connection.address === '' || !this.table.admit(connection)) {
      raw.destroy();
      return undefined;
    }
    this.#open.add(connection);
    if (!tls) connections.set(raw, connection);
    raw.once('close', () => {
      this.#open.delete(connection);
      this.table.remove(connection);
    });
    return connection;
  }

  /** TLS's handshake is over: HTTP is spoken on this socket. */
  secured(connection: Connection, socket: Socket): void {
    connection.secured(socket);
    connections.set(socket, connection);
  }

  /** Ends what is idle, now and from now on. */
  closeIdle(): void {
    this.#isClosing = true;
    this.#lookAround();
  }

  /** Ends everything. */
  closeAll(): void {
    for (const connection of [...this.#open]) connection.end('closing');
  }

  /** To be called when the listener is closed. */
  stop(): void {
    clearInterval(this.#look);
  }

  #lookAround(): void {
    const now = performance.now();
    for (const connection of [...this.#open]) {
      const why = this.#isClosing && connection.isIdle(now) ? 'closing' : connection.overdue(now);
      if (why) connection.end(why);
    }
  }
}
