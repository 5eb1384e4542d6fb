import type { Logger } from '../log/index.ts';
import type { Bus, Serving } from './bus.ts';
import { makeClient } from './client.ts';
import { Server } from './server.ts';
import type { BusTransport } from './transport.ts';

/** Methods, versions, errors and spans over a transport that only moves bytes. */
export function makeBus(transport: BusTransport, log: Logger): Bus {
  const servings = new Set<Serving>();
  return {
    async serve(contract, options, handlers) {
      const server = new Server(transport, contract, handlers, { ...options, log: options.log ?? log });
      const consumer = await transport.consume({
        topic: contract.topic,
        server: options.server,
        concurrency: options.concurrency ?? 64,
        take: (delivery) => server.take(delivery),
        onResumed: options.onResumed,
      });
      const serving: Serving = {
        close: () => {
          servings.delete(serving);
          server.close();
          return consumer.close();
        },
      };
      servings.add(serving);
      return serving;
    },
    client: (contract, options) => makeClient(transport, contract, options),
    healthy: () => transport.healthy(),
    async close() {
      await Promise.all([...servings].map((serving) => serving.close()));
      await transport.close();
    },
  };
}
