import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { RequestFacts } from './route.ts';

export type BaseUrl = string | 'host' | 'forwarded';

/** The request as handlers see it; costs nothing until something is asked. */
export class RawRequest implements RequestFacts {
  readonly #raw: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #baseUrl: BaseUrl;
  #begin: string | undefined;
  #signal: AbortSignal | undefined;

  constructor(raw: IncomingMessage, response: ServerResponse, baseUrl: BaseUrl) {
    this.#raw = raw;
    this.#response = response;
    this.#baseUrl = baseUrl;
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
    return this.#raw.socket.remoteAddress;
  }

  get signal(): AbortSignal {
    if (!this.#signal) {
      const controller = new AbortController();
      const response = this.#response;
      response.once('close', () => {
        if (!response.writableFinished) controller.abort();
      });
      // What an in-process caller's abort shows up as.
      this.#raw.once('error', () => controller.abort());
      this.#signal = controller.signal;
    }
    return this.#signal;
  }
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
