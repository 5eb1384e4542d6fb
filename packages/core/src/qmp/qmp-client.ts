import { EventEmitter, on } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { DriverError } from '../errors/index.ts';
import { withSpan } from '../trace/index.ts';
import { LineSplitter } from './line-splitter.ts';

export type QmpArguments = Readonly<Record<string, unknown>>;

export interface QmpEvent {
  event: string;
  data: Record<string, unknown>;
  timestamp: { seconds: number; microseconds: number };
}

export interface QmpConnectOptions {
  /** For the connection, the greeting and the negotiation together. Default 5,000. */
  timeoutMs?: number;
  /** A line (one message) may be this long. Default 16 MiB. */
  maxLineBytes?: number;
  /** For the trace: who speaks (default `driver`) and to whom (default `qemu`). */
  from?: string;
  to?: string;
}

export interface QmpExecuteOptions {
  /** Default 10,000. */
  timeoutMs?: number;
}

/** The peer refused a command. `errorClass` is QMP's: `GenericError`, `CommandNotFound`, `DeviceNotFound`, … */
export class QmpError extends DriverError {
  readonly errorClass: string;
  readonly command: string;

  constructor(command: string, errorClass: string, description: string) {
    super(`QMP ${command}: ${errorClass}: ${description}`);
    this.name = 'QmpError';
    this.errorClass = errorClass;
    this.command = command;
  }
}

interface Waiting {
  command: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface QmpMessage {
  QMP?: unknown;
  id?: unknown;
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
  data?: Record<string, unknown>;
  timestamp?: QmpEvent['timestamp'];
}

/**
 * The QEMU Machine Protocol (docs/interop/qmp-spec in QEMU's tree) over a UNIX socket: one JSON message per line.
 * QEMU serves one client per monitor at a time; a second one waits for its greeting until the first is gone, and so
 * may run into `timeoutMs`. Emits `event` (QmpEvent) and, once, `close` (Error | undefined).
 */
export class QmpClient extends EventEmitter<{ event: [QmpEvent]; close: [Error | undefined] }> {
  readonly #socket: Socket;
  readonly #socketPath: string;
  readonly #lines: LineSplitter;
  readonly #parties: { from: string; to: string };
  readonly #waiting = new Map<number, Waiting>();
  readonly #greeted = Promise.withResolvers<void>();
  #nextId = 1;
  #failure: Error | undefined;
  #closed = false;

  private constructor(socket: Socket, socketPath: string, options: QmpConnectOptions) {
    super();
    this.#socket = socket;
    this.#socketPath = socketPath;
    this.#lines = new LineSplitter(options.maxLineBytes ?? 16 << 20);
    this.#parties = { from: options.from ?? 'driver', to: options.to ?? 'qemu' };
    // A connection may end before anybody waits for the greeting; whoever waits still gets the rejection.
    this.#greeted.promise.catch(() => {});
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#ended());
  }

  /**
   * Connects and negotiates capabilities; the client is ready for commands.
   *
   * @throws DriverError (retryable) when nobody listens there or the greeting does not come in time.
   */
  static async connect(socketPath: string, options: QmpConnectOptions = {}): Promise<QmpClient> {
    const timeoutMs = options.timeoutMs ?? 5_000;
    const deadline = Date.now() + timeoutMs;
    const client = new QmpClient(createConnection({ path: socketPath }), socketPath, options);
    const timer = setTimeout(() => client.#fail(new Error(`no QMP greeting within ${timeoutMs} ms`)), timeoutMs);
    try {
      await client.#greeted.promise;
      await client.execute('qmp_capabilities', {}, { timeoutMs: Math.max(1, deadline - Date.now()) });
      return client;
    } catch (error) {
      client.#socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get closed(): boolean {
    return this.#closed || this.#failure !== undefined;
  }

  /**
   * Runs a command and gives its `return` value. Commands may be sent without waiting for earlier ones. After a
   * timeout the command may still take effect in the peer.
   *
   * @throws QmpError when the peer refuses; DriverError (retryable) on a timeout or a lost connection.
   */
  execute<T = unknown>(command: string, args: QmpArguments = {}, options: QmpExecuteOptions = {}): Promise<T> {
    const timeoutMs = options.timeoutMs ?? 10_000;
    return withSpan(`qmp ${command}`, { kind: 'native', ...this.#parties }, async () => {
      if (this.closed) throw this.#lost();
      const id = this.#nextId++;
      const reply = Promise.withResolvers<unknown>();
      const timer = setTimeout(
        () => reply.reject(new DriverError(`QMP ${command}: no reply within ${timeoutMs} ms`, { retryable: true })),
        timeoutMs,
      );
      this.#waiting.set(id, { command, resolve: reply.resolve, reject: reply.reject });
      try {
        this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
        return (await reply.promise) as T;
      } finally {
        clearTimeout(timer);
        this.#waiting.delete(id);
      }
    });
  }

  /** The events from this call on, until `signal` aborts (throws AbortError) or the connection ends (iteration ends). */
  events(signal?: AbortSignal): AsyncIterableIterator<QmpEvent> {
    const source = this.#closed ? undefined : on(this, 'event', { signal, close: ['close'] });
    return (async function* () {
      if (source) for await (const [event] of source) yield event as QmpEvent;
    })();
  }

  /** Keeps the process alive no longer just for this connection. */
  unref(): this {
    this.#socket.unref();
    return this;
  }

  /** Ends the connection; open commands fail. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const closed = new Promise<void>((resolve) => this.once('close', () => resolve()));
    this.#socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) if (line.trim() !== '') this.#dispatch(JSON.parse(line));
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #dispatch(message: QmpMessage): void {
    if (message.QMP !== undefined) {
      this.#greeted.resolve();
      return;
    }
    if (message.event !== undefined) {
      const { event, data = {}, timestamp = { seconds: 0, microseconds: 0 } } = message;
      this.emit('event', { event, data, timestamp });
      return;
    }
    // An answer whose command ran into its timeout has nobody waiting; an error without id is a line QEMU could not read.
    const waiting = this.#waiting.get(Number(message.id));
    if (!waiting) return;
    if (message.error) waiting.reject(new QmpError(waiting.command, message.error.class, message.error.desc));
    else waiting.resolve(message.return);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#rejectAll();
  }

  #ended(): void {
    this.#closed = true;
    this.#rejectAll();
    this.emit('close', this.#failure);
  }

  #rejectAll(): void {
    this.#greeted.reject(this.#lost());
    for (const waiting of this.#waiting.values()) waiting.reject(this.#lost());
  }

  #lost(): DriverError {
    const why = this.#failure?.message ?? 'the connection is closed';
    return new DriverError(`QMP at ${this.#socketPath}: ${why}`, { retryable: true, cause: this.#failure });
  }
}
