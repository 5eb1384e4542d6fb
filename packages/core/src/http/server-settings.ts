import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { deferContinue } from './expect-continue.ts';
import { refuseGently } from './lingering-close.ts';

/** What every HTTP server of ours has. How long a connection may take over what is `ConnectionGuard`'s. */
export function tune(server: Server): void {
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  if (server.listenerCount('clientError') === 0) server.on('clientError', refuseBytes);
  deferContinue(server);
}

/** What is not HTTP, or has headers beyond Node's bound of 16 KiB, never becomes a request: a bare reply, then the end. */
export function refuseBytes(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  refuseGently(
    socket,
    error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request',
  );
}
