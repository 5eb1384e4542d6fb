import type { Readable } from 'node:stream';

export interface TransportRequest {
  readonly method: string;
  /** Path and query, already encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
  /** The reply's body is wanted as a stream. */
  readonly streamReply: boolean;
  readonly signal: AbortSignal;
}

export interface TransportReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** A Readable exactly when `streamReply` was asked for. */
  readonly body: Buffer | Readable;
}

/** Carries one request to a service. Knows nothing of operations; `inProcess` and `socket` give the same bytes. */
export interface Transport {
  /**
   * One attempt.
   * @throws unavailable with `retryable` when the service could not be reached; `params.sent` tells whether the request
   *   may have arrived.
   */
  send(request: TransportRequest): Promise<TransportReply>;
  close(): Promise<void>;
}
