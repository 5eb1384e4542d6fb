import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const MOST_BYTES = 8 << 20;
const LONGEST_MS = 2_000;

/**
 * Makes the connection of a request whose body will not be read end gently: the reply and a FIN are sent, what the client
 * still sends is thrown away for a short while, then the connection is cut. Cutting it at once sends a RST, on which many
 * clients drop the reply that they have already received.
 */
export function closeLingering(raw: IncomingMessage): void {
  const { socket } = raw;
  if (!(socket instanceof Socket)) return;
  const readBefore = socket.bytesRead;
  // Node calls this once the last reply of a connection is written.
  socket.destroySoon = () => endGently(socket, readBefore);
}

/** A reply without a body, after which the connection ends. */
export function refuseGently(socket: Duplex, status: string): void {
  if (socket.writable) socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  if (socket instanceof Socket) endGently(socket);
  else socket.end();
}

const ending = new WeakSet<Socket>();

function endGently(socket: Socket, readBefore = socket.bytesRead): void {
  if (socket.destroyed || ending.has(socket)) return;
  ending.add(socket);
  const until = Date.now() + LONGEST_MS;
  socket.end();
  const timer = setInterval(() => {
    if (socket.bytesRead - readBefore > MOST_BYTES || Date.now() > until) socket.destroy();
  }, 20);
  socket.once('close', () => clearInterval(timer));
  socket.once('end', () => socket.destroy());
}
