/*
 * Started by `namespace-listener.ts` inside a network namespace: listens on <address> <port>, hands the socket to the
 * parent and exits once the parent has it.
 */
import { createServer } from 'node:net';

const [address, port] = process.argv.slice(2);
const server = createServer({ pauseOnConnect: true });
server.on('error', (error) => {
  process.stderr.write(error.message, () => process.exit(1));
});
process.on('message', () => process.exit(0));
server.listen({ host: address, port: Number(port), backlog: 128 }, () => process.send?.('listening', server));
