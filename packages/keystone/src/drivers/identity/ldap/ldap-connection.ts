import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import {
  BindRequest,
  BindResponse,
  ExtendedRequest,
  ExtendedResponse,
  type Filter,
  type Message,
  MessageParser,
  PagedResultsControl,
  SearchEntry,
  SearchRequest,
  SearchResponse,
} from 'ldapts';
import { DirectoryDown, DirectoryLimit } from '../directory.ts';
import { type Entry, entryOf } from './entry.ts';

const START_TLS = '1.3.6.1.4.1.1466.20037';
const SUCCESS = 0;
const SIZE_LIMIT_EXCEEDED = 4;
const NO_SUCH_OBJECT = 32;
const INVALID_DN_SYNTAX = 34;
/** Strong authentication or confidentiality required, busy, unavailable: says nothing about the password. */
const NOT_ABOUT_PASSWORDS = new Set([8, 13, 51, 52]);
/** Bytes of one message that has not arrived whole. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

export interface SearchWanted {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  readonly derefAliases: 'always' | 'find' | 'never' | 'search';
  /** Entries of one page by the simple paged results control (RFC 2696); left out, all come at once. */
  readonly pageSize?: number;
  /** Where the next page begins. */
  readonly cookie?: Buffer;
  /** Entries at most when all come at once. */
  readonly sizeLimit?: number;
}

export interface SearchPage {
  readonly entries: readonly Entry[];
  /** Undefined when this was the last page. */
  readonly cookie?: Buffer;
  /** Whether `sizeLimit` cut it off. */
  readonly isCut: boolean;
}

interface Waiting {
  readonly message: Message;
  readonly entries: Entry[];
  resolve(response: Message): void;
  reject(error: Error): void;
}

/**
 * One connection to one server, from its first byte to its last: it never connects again by itself, so that nothing is
 * asked as nobody, or in the clear, after a connection was lost. The messages are ldapts', the wire is ours.
 */
export class LdapConnection {
  readonly openedAt = performance.now();
  readonly #url: string;
  #socket: Socket;
  #parser: MessageParser;
  readonly #waiting = new Map<string, Waiting>();
  #nextId = 1;
  #failure: Error | undefined;
  #received = 0;

  private constructor(url: string, socket: Socket) {
    this.#url = url;
    this.#socket = socket;
    this.#parser = this.#listen(socket);
  }

  /**
   * @param tls how certificates are checked; used for ldaps:// and, with `startTls`, before anything else is said.
   * @throws DirectoryDown
   */
  static async open(
    url: string,
    { tls, startTls, signal }: { tls: ConnectionOptions; startTls: boolean; signal: AbortSignal },
  ): Promise<LdapConnection> {
    const { protocol, hostname, port } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    const isSecure = protocol === 'ldaps:';
    const names = { ...tls, host, ...(isIP(host) ? {} : { servername: host }) };
    const number = Number(port || (isSecure ? 636 : 389));
    const plain = connect({ host, port: number });
    try {
      await ready(plain, 'connect', signal);
      if (isSecure) return new LdapConnection(url, await upgraded(plain, names, signal));
      const connection = new LdapConnection(url, plain);
      if (startTls) await connection.#startTls(names, signal);
      return connection;
    } catch (error) {
      plain.destroy();
      if (error instanceof DirectoryDown) throw error;
      throw new DirectoryDown(`${url}: ${(error as Error).message}`, { cause: error });
    }
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  /**
   * Whether the directory takes this password.
   * @throws DirectoryDown; Error for an empty password, which a directory may take for an anonymous visitor's.
   */
  async bind(dn: string, password: string, signal: AbortSignal): Promise<boolean> {
    if (dn === '' || password === '') throw new Error('nobody is bound without a name and a password');
    const request = new BindRequest({ messageId: this.#takeId(), dn, password });
    const { response } = await this.#ask(request, signal);
    if (!(response instanceof BindResponse)) throw this.#fail(new Error('the answer to a bind is none'));
    if (NOT_ABOUT_PASSWORDS.has(response.status))
      throw new DirectoryDown(
        `${this.#url}: a bind ended with result ${response.status} ${response.errorMessage ?? ''}`,
      );
    return response.status === SUCCESS;
  }

  /** Nothing is found below a base that is not there. @throws DirectoryDown, DirectoryLimit */
  async search(wanted: SearchWanted, signal: AbortSignal): Promise<SearchPage> {
    const { pageSize, cookie } = wanted;
    const request = new SearchRequest({
      messageId: this.#takeId(),
      baseDN: wanted.base,
      scope: wanted.scope,
      filter: wanted.filter,
      derefAliases: wanted.derefAliases,
      attributes: [...wanted.attributes],
      sizeLimit: wanted.sizeLimit ?? 0,
      timeLimit: 0,
      controls: pageSize ? [new PagedResultsControl({ critical: true, value: { size: pageSize, cookie } })] : [],
    });
    const { response, entries } = await this.#ask(request, signal);
    if (!(response instanceof SearchResponse)) throw this.#fail(new Error('the answer to a search is none'));
    switch (response.status) {
      case SUCCESS:
        return { entries, cookie: nextCookie(response), isCut: false };
      case NO_SUCH_OBJECT:
      case INVALID_DN_SYNTAX:
        return { entries: [], isCut: false };
      case SIZE_LIMIT_EXCEEDED:
        if (wanted.sizeLimit && entries.length >= wanted.sizeLimit) return { entries, isCut: true };
        throw new DirectoryLimit();
      default:
        throw new DirectoryDown(
          `${this.#url}: a search ended with result ${response.status} ${response.errorMessage ?? ''}`,
        );
    }
  }

  close(): void {
    this.#fail(new Error('the connection was closed'));
  }

  async #startTls(options: ConnectionOptions, signal: AbortSignal): Promise<void> {
    const { response } = await this.#ask(new ExtendedRequest({ messageId: this.#takeId(), oid: START_TLS }), signal);
    if (!(response instanceof ExtendedResponse) || response.status !== SUCCESS)
      throw this.#fail(new Error('the server does not start TLS'));
    this.#socket.removeAllListeners();
    this.#socket = await upgraded(this.#socket, options, signal);
    // A new parser: half a message that came in the clear is not to be the beginning of one that comes by TLS.
    this.#parser = this.#listen(this.#socket);
  }

  #listen(socket: Socket): MessageParser {
    const parser = new MessageParser();
    parser.on('message', (message) => this.#receive(message));
    parser.on('error', (error) => this.#fail(error));
    socket.on('data', (data: Buffer) => this.#read(data));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
    // An idle connection keeps no process alive.
    socket.unref();
    return parser;
  }

  #read(data: Buffer): void {
    this.#received += data.length;
    if (this.#received > MAX_WAITING_BYTES) this.#fail(new Error('the server sends a message that is too long'));
    else this.#parser.read(data, this.#waiting as never);
  }

  #receive(message: Message): void {
    this.#received = 0;
    const waiting = this.#waiting.get(String(message.messageId));
    if (!waiting) return;
    if (message instanceof SearchEntry) waiting.entries.push(entryOf(message));
    else if (
      message instanceof SearchResponse ||
      message instanceof BindResponse ||
      message instanceof ExtendedResponse
    )
      waiting.resolve(message);
  }

  /** Asks and waits until the signal: then the connection is of no use any more, for the answer may still come. */
  async #ask(message: Message, signal: AbortSignal): Promise<{ response: Message; entries: Entry[] }> {
    if (this.#failure) throw this.#failure;
    const id = String(message.messageId);
    const entries: Entry[] = [];
    const aborted = () => this.#fail(new Error('the server did not answer in time'));
    this.#socket.ref();
    try {
      const response = await new Promise<Message>((resolve, reject) => {
        this.#waiting.set(id, { message, entries, resolve, reject });
        signal.addEventListener('abort', aborted, { once: true });
        if (signal.aborted) aborted();
        else this.#socket.write(message.write());
      });
      return { response, entries };
    } finally {
      signal.removeEventListener('abort', aborted);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#socket.unref();
    }
  }

  #fail(cause: Error): Error {
    this.#failure ??= new DirectoryDown(`${this.#url}: ${cause.message}`, { cause });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#socket.destroy();
    return this.#failure;
  }

  #takeId(): number {
    this.#nextId = this.#nextId >= 0x7fffffff ? 1 : this.#nextId + 1;
    return this.#nextId;
  }
}

function nextCookie({ controls }: Message): Buffer | undefined {
  const paged = controls?.find((control) => control instanceof PagedResultsControl);
  const cookie = paged?.value?.cookie;
  return cookie && cookie.length > 0 ? cookie : undefined;
}

async function upgraded(socket: Socket, options: ConnectionOptions, signal: AbortSignal): Promise<TLSSocket> {
  const secure = connectTls({ ...options, socket });
  await ready(secure, 'secureConnect', signal);
  return secure;
}

/** @throws what the socket failed with, or Error when the signal came first. */
async function ready(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const aborted = () => reject(new Error('the server did not answer in time'));
  const closed = () => reject(new Error('the server closed the connection'));
  socket.once(event, resolve).once('error', reject).once('close', closed);
  signal.addEventListener('abort', aborted, { once: true });
  try {
    if (signal.aborted) aborted();
    await promise;
  } catch (error) {
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', aborted);
    socket.off(event, resolve).off('error', reject).off('close', closed);
  }
}
