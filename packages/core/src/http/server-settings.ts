import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { deferContinue } from './expect-continue.ts';

const HEADERS_TIMEOUT_MS = 60_000;
/** Longer than the usual load balancer's, so that it is not we who close a connection in its hands. */
export const KEEP_ALIVE_MS = 75_000;

/** What every listening server of ours has. An upload may last as long as it likes; its headers may not. */
export function tune(server: Server): void {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = 0;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  if (server.listenerCount('clientError') === 0) server.on('clientError', refuseBytes);
  deferContinue(server);
}

/** What is not HTTP, or has headers beyond Node's bound of 16 KiB, never becomes a request: a bare reply, then the end. */
export function refuseBytes(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
