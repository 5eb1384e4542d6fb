import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

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
  const until = Date.now() + LONGEST_MS;
  // Node calls this once the last reply of a connection is written.
  socket.destroySoon = () => {
    socket.end();
    const timer = setInterval(() => {
      if (socket.bytesRead - readBefore > MOST_BYTES || Date.now() > until) socket.destroy();
    }, 20);
    socket.once('close', () => clearInterval(timer));
    socket.once('end', () => socket.destroy());
  };
}
