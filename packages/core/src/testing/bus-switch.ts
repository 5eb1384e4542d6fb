import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, RpcClient, RpcContract, RpcMethods } from '../rpc/index.ts';
import { busUnavailable } from '../rpc/index.ts';

/** `here`; `hangs`: what is sent waits for the bus until its deadline; `refuses`: it fails at once. */
export type BusState = 'here' | 'hangs' | 'refuses';

export interface SwitchedBus extends Bus {
  state: BusState;
  /** Messages that were given to it while it was away. */
  readonly held: readonly string[];
}

const CAST_TIMEOUT_MS = 30_000;

/** A real bus behind a switch: while it is away, senders meet what they meet with a broker that is gone. */
export function switchedBus(bus: Bus): SwitchedBus {
  const held: string[] = [];
  const through = async (name: string, timeoutMs: number, send: () => Promise<unknown>): Promise<unknown> => {
    if (switched.state !== 'here') held.push(name);
    const deadline = performance.now() + timeoutMs;
    while (switched.state !== 'here') {
      if (switched.state === 'refuses' || performance.now() > deadline)
        throw busUnavailable({ method: name, reason: 'the test took it away' });
      await sleep(10, undefined, { ref: false });
    }
    return send();
  };
  const client = <M extends RpcMethods>(contract: RpcContract<M>, options: Parameters<Bus['client']>[1]) => {
    const inner = bus.client(contract, options) as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const methods = Object.entries(contract.methods).map(([name, method]) => [
      name,
      (args: unknown, sendOptions: { timeoutMs?: number } = {}) => {
        const timeoutMs = sendOptions.timeoutMs ?? (method.kind === 'call' ? method.timeoutMs : CAST_TIMEOUT_MS);
        return through(`${contract.topic}.${name}`, timeoutMs, () => inner[name]!(args, sendOptions));
      },
    ]);
    return Object.fromEntries(methods) as RpcClient<M>;
  };
  const switched: SwitchedBus = {
    state: 'here',
    held,
    serve: (contract, options, handlers) => bus.serve(contract, options, handlers),
    client,
    healthy: () => switched.state === 'here' && bus.healthy(),
    close: () => bus.close(),
  };
  return switched;
}
