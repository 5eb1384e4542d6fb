import type { Readable } from 'node:stream';
import type { Pool } from 'undici';
import { unavailable } from '../errors/index.ts';
import { TLS_FLOOR } from '../tls/index.ts';
import type { Transport, TransportReply } from './transport.ts';

export interface SocketOptions {
  /** Connections kept to the service. Default 64. */
  readonly connections?: number;
  /** Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** A stream that brings nothing for this long is cut. Default 60,000. */
  readonly idleTimeoutMs?: number;
  /** PEM of the authority that signed the service's certificate, when the system does not know it. */
  readonly ca?: string;
}

/** A reply that is not streamed may have this many bytes. */
const MAX_REPLY_BYTES = 64 << 20;
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const BROKEN = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CLOSED',
]);
/** A service's certificate that is not good: https://nodejs.org/api/tls.html#x509-certificate-error-codes. Nothing was sent. */
const UNTRUSTED = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Requests over HTTP to `http://host:port` or `https://…`, on connections that are kept. */
export function socket(baseUrl: string, options: SocketOptions = {}): Transport {
  const { origin, pathname } = new URL(baseUrl);
  const prefix = pathname.replace(/\/+$/, '');
  let pool: Promise<Pool> | undefined;
  return {
    async send({ method, path, headers, body, streamReply, signal }) {
      try {
        pool ??= openPool(origin, options);
        const reply = await (await pool).request({
          method: method as 'GET',
          path: prefix + path,
          headers,
          body: body ?? null,
          signal,
        });
        return {
          status: reply.statusCode,
          headers: reply.headers as TransportReply['headers'],
          body: streamReply ? reply.body : await readReply(reply.body),
        };
      } catch (error) {
        throw broken(error, origin);
      }
    },
    close: async () => (await pool)?.close(),
  };
}

/** With the first request: a process whose services call each other in process needs none of undici's 13 MiB. */
async function openPool(origin: string, options: SocketOptions): Promise<Pool> {
  const { Pool } = await import('undici');
  return new Pool(origin, {
    connections: options.connections ?? 64,
    keepAliveTimeout: 30_000,
    // The caller's deadline bounds the wait for an answer.
    headersTimeout: 0,
    bodyTimeout: options.idleTimeoutMs ?? 60_000,
    connect: {
      ...TLS_FLOOR,
      timeout: options.connectTimeoutMs ?? 5_000,
      // Said here, the environment's NODE_TLS_REJECT_UNAUTHORIZED changes nothing.
      rejectUnauthorized: true,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
  });
}

async function readReply(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Thrown out of the loop, which destroys the body and with it its connection.
    if (length > MAX_REPLY_BYTES) throw new Error(`a reply of more than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
}

/** Connection errors as `unavailable`, to be repeated but for a bad certificate; anything else (an abort, a bug) as it is. */
function broken(error: unknown, origin: string): unknown {
  const code = codeOf(error);
  if (code !== undefined && UNTRUSTED.has(code)) {
    const message = `The certificate of a service is not trusted: ${code}`;
    return unavailable({ message, origin, sent: false }, { cause: error, retryable: false });
  }
  if (code === undefined || (!NEVER_SENT.has(code) && !BROKEN.has(code))) return error;
  return unavailable(
    // Users read the message; the log has the rest.
    { message: `A service cannot be reached: ${code}`, origin, sent: !NEVER_SENT.has(code) },
    { cause: error, retryable: true },
  );
}

/** Happy Eyeballs wraps the errors of all addresses in one. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
