import { rpcTimeout } from './errors.ts';
import type { Address, Outgoing } from './transport.ts';

export interface PendingCall {
  readonly to: Address;
  readonly message: Outgoing;
  resolve(bytes: Buffer): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
  /** What the transport sent it through last. */
  via?: object;
  /** How often the transport has begun to send it. */
  attempts: number;
}

/** Calls that wait for a reply. A reply that nobody waits for (any more) is dropped. */
export class PendingCalls {
  readonly #calls = new Map<string, PendingCall>();

  get(id: string): PendingCall | undefined {
    return this.#calls.get(id);
  }

  /** Those that were sent through what is gone now. */
  sentVia(via: object): PendingCall[] {
    return [...this.#calls.values()].filter((call) => call.via === via);
  }

  /** Registers a call; fails with rpcTimeout at its deadline. */
  open(to: Address, message: Outgoing): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const expire = () => this.fail(message.id, 'it took too long');
      const timer = setTimeout(expire, Math.max(0, message.deadline - Date.now()));
      this.#calls.set(message.id, { to, message, resolve, reject, timer, attempts: 0 });
    });
  }

  settle(id: string, bytes: Buffer): void {
    this.#take(id)?.resolve(bytes);
  }

  fail(id: string, reason: string): void {
    const call = this.#take(id);
    if (!call) return;
    const { to, message } = call;
    call.reject(rpcTimeout({ to: to.server ? `${to.topic}.${to.server}` : to.topic, method: message.method, reason }));
  }

  failAll(reason: string): void {
    for (const id of [...this.#calls.keys()]) this.fail(id, reason);
  }

  #take(id: string): PendingCall | undefined {
    const call = this.#calls.get(id);
    if (!call) return undefined;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    return call;
  }
}
