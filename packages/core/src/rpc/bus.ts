import type { Logger } from '../log/index.ts';
import type { RpcClient, RpcContract, RpcHandlers, RpcMethods } from './contract.ts';

export interface ServeOptions {
  /** The host's name: messages for `topic.server` come here too. */
  server: string;
  /** The daemon's name in traces, e.g. `nova-conductor`. Default: the topic. */
  name?: string;
  /** Where failures of the handlers are logged. Default: the bus's own log, which the daemons of a process share. */
  log?: Logger;
  /** How many messages of each of the three queues (topic, topic.server, fanout) are handled at once. Default 64. */
  concurrency?: number;
  /** A cast whose handler keeps failing retryably, or whose consumer keeps dying, is given up after so many. Default 20. */
  maxDeliveries?: number;
  /**
   * Called each time when messages can arrive again after the broker was away: whoever relies on fanouts looks now at
   * everything that they might have told. What changes after it was called is told by a fanout that arrives. Does not throw.
   */
  onResumed?: () => void;
}

export interface ClientOptions {
  /** The daemon that asks, e.g. `nova-api`. */
  from: string;
  /** The daemon that answers, for traces, e.g. `nova-scheduler`. Default: the topic. */
  to?: string;
  /** `major.minor` to speak while older consumers still run. Default: the contract's. */
  version?: string;
}

export interface Serving {
  /** Takes no further message and waits for the handlers that run. */
  close(): Promise<void>;
}

/**
 * Carries messages between the daemons of one service. Both makers ({@link inProcessBus}, {@link rabbitBus}) pass
 * serialized bytes and pass one conformance suite:
 * - a queue keeps its order of delivery; with a concurrency above 1 handlers overlap;
 * - a call to a queue that nobody ever declared fails at once with `rpcTimeout`; to one whose consumers are away it waits
 *   for them until its deadline;
 * - a cast is kept for a consumer that is not there yet, acknowledged after its handler resolved, delivered again when
 *   the consumer died or the handler failed retryably: handlers tolerate duplicates;
 * - a fanout reaches the servers that listen now; one that listens again is told by `onResumed` that it may have missed some;
 * - calls and casts that are on their way when the broker goes are sent again as soon as it is back, until their deadline.
 */
export interface Bus {
  /** Resolves when messages can arrive. */
  serve<M extends RpcMethods>(
    contract: RpcContract<M>,
    options: ServeOptions,
    handlers: RpcHandlers<M>,
  ): Promise<Serving>;
  client<M extends RpcMethods>(contract: RpcContract<M>, options: ClientOptions): RpcClient<M>;
  /** False while the broker is out of reach. */
  healthy(): boolean;
  /** Closes what is served, then the connection. Calls that still wait fail with `rpcTimeout`. */
  close(): Promise<void>;
}
