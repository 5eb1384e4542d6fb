import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const waiting = new WeakSet<IncomingMessage>();

/** Lets requests with `Expect: 100-continue` in without inviting their body: that is done once it is wanted. */
export function deferContinue(server: Server): void {
  server.on('checkContinue', (raw: IncomingMessage, response: ServerResponse) => {
    waiting.add(raw);
    server.emit('request', raw, response);
  });
}

/** To be called before a body is read. */
export function inviteBody(raw: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(raw)) response.writeContinue();
}
