import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server on this host that a test can take away from its client alone. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections at once, with RST, as when the server was killed; new ones too until `mend`. */
  cut(): void;
  /** The connections that are there stay, and nothing passes any more, as when the server's host was lost; new ones work. */
  freeze(): void;
  mend(): void;
}

/** @param port of the server, on 127.0.0.1 */
export async function tcpProxy(port: number): Promise<TcpProxy> {
  const proxy = new CuttableProxy(port);
  await proxy.listen();
  return proxy;
}

class CuttableProxy implements TcpProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isCut = false;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  cut(): void {
    this.#isCut = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  freeze(): void {
    for (const [client, server] of this.#pairs) {
      // Read on, so that an end that goes is noticed.
      client.unpipe(server).resume();
      server.unpipe(client).resume();
    }
  }

  mend(): void {
    this.#isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#isCut) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    for (const [one, other] of [pair, [server, client] as const]) {
      one.pipe(other);
      // Either end may go without a farewell; then the other goes as well.
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
    }
  }
}
