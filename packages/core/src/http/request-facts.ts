import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { callerSignal } from './caller-signal.ts';
import type { TrustedProxies } from './client-address.ts';
import { clientGone } from './errors.ts';
import type { RequestFacts } from './route.ts';

export type BaseUrl = string | 'host' | 'forwarded';

/** The request as handlers see it; costs nothing until something is asked. */
export class RawRequest implements RequestFacts {
  readonly #raw: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #baseUrl: BaseUrl;
  readonly #proxies: TrustedProxies | undefined;
  readonly #caller = callerSignal();
  #begin: string | undefined;
  #signal: AbortSignal | undefined;

  constructor(
    raw: IncomingMessage,
    response: ServerResponse,
    { baseUrl = 'host', proxies }: { baseUrl?: BaseUrl | undefined; proxies?: TrustedProxies | undefined },
  ) {
    this.#raw = raw;
    this.#response = response;
    this.#baseUrl = baseUrl;
    this.#proxies = proxies;
  }

  get method(): string {
    return this.#raw.method ?? 'GET';
  }

  get url(): string {
    return this.#raw.url ?? '/';
  }

  get headers(): IncomingHttpHeaders {
    return this.#raw.headers;
  }

  /** Every link of a long list begins with it. */
  get baseUrl(): string {
    this.#begin ??= baseUrlOf(this.#raw, this.#baseUrl);
    return this.#begin;
  }

  get remoteAddress(): string | undefined {
    const peer = this.#raw.socket.remoteAddress;
    return peer === undefined ? undefined : (this.#proxies?.clientOf(peer, this.#raw.headers) ?? peer);
  }

  /** Whether nobody waits for the answer any longer, without listening for it. */
  get isAbandoned(): boolean {
    return isOver(this.#raw, this.#response, this.#caller);
  }

  /** Made when it is asked for: a request whose handler does not ask has no listener and no controller. */
  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#raw, this.#response, this.#caller);
    return this.#signal;
  }
}

function signalOf(raw: IncomingMessage, response: ServerResponse, caller: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController();
  const abort = () => {
    if (!response.writableEnded) controller.abort(clientGone());
  };
  // What was over before anybody listened is told nobody again.
  if (isOver(raw, response, caller)) abort();
  response.once('close', abort);
  // An in-process caller has no socket; before its body is through, its giving up is an error of the request as well.
  raw.once('error', abort);
  caller?.addEventListener('abort', abort, { once: true });
  return controller.signal;
}

function isOver(raw: IncomingMessage, response: ServerResponse, caller: AbortSignal | undefined): boolean {
  return Boolean(raw.errored || response.destroyed || caller?.aborted);
}

const HOST = /^[a-z0-9._-]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i;

/** What links begin with. A Host that is no host name (it would be written into replies) counts as absent. */
function baseUrlOf(raw: IncomingMessage, configured: BaseUrl): string {
  if (configured !== 'host' && configured !== 'forwarded') return configured.replace(/\/+$/, '');
  const forwarded = configured === 'forwarded';
  const first = (name: string): string | undefined => {
    const value = forwarded ? raw.headers[name] : undefined;
    return (Array.isArray(value) ? value[0] : value)?.split(',')[0]?.trim();
  };
  const encrypted = 'encrypted' in raw.socket && raw.socket.encrypted === true;
  const asked = first('x-forwarded-proto');
  const protocol = asked === 'https' || asked === 'http' ? asked : encrypted ? 'https' : 'http';
  const host = [first('x-forwarded-host'), raw.headers.host].find((one) => one !== undefined && HOST.test(one));
  const prefix = first('x-forwarded-prefix');
  return `${protocol}://${host ?? 'localhost'}${prefix !== undefined && /^(?:\/[\w.-]+)+$/.test(prefix) ? prefix : ''}`;
}
