import { setTimeout as sleep } from 'node:timers/promises';
import { KumoError } from '@kumo/core/errors';
import { bindingFailed, vifPlugTimeout } from '../errors.ts';
import type { CallScope } from './call-scope.ts';

export interface WiringOptions {
  readonly timeoutMs: number;
}

/** Neutron is asked itself when its event is late: after so long, then at doubled distances. */
const FIRST_LOOK_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** Events that came before anybody waited for them. */
const MAX_REMEMBERED = 1_000;

/** Waits for Neutron's `network-vif-plugged`, without depending on it: a lost event costs a moment, not the server. */
export class WiringWatch {
  readonly #statusOf: (portId: string, scope: CallScope) => Promise<string>;
  readonly #waiting = new Map<string, Set<(status: string) => void>>();
  readonly #early = new Map<string, string>();

  constructor(statusOf: (portId: string, scope: CallScope) => Promise<string>) {
    this.#statusOf = statusOf;
  }

  /** An event of Neutron's: `completed` or `failed`. */
  plugged(portId: string, status: string): void {
    const waiting = this.#waiting.get(portId);
    if (waiting) {
      for (const tell of waiting) tell(status);
      return;
    }
    this.#early.delete(portId);
    this.#early.set(portId, status);
    const [oldest] = this.#early.keys();
    if (this.#early.size > MAX_REMEMBERED && oldest !== undefined) this.#early.delete(oldest);
  }

  /** A port that is bound anew must be reported anew. */
  forget(portId: string): void {
    this.#early.delete(portId);
  }

  /** @throws vifPlugTimeout with the ports that are not wired in time, bindingFailed when Neutron says so. */
  async wait(portIds: readonly string[], { timeoutMs, ...scope }: WiringOptions & CallScope): Promise<void> {
    if (portIds.length === 0) return;
    const missing = new Set(portIds);
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = scope.signal ? AbortSignal.any([scope.signal, deadline]) : deadline;
    try {
      await Promise.all(
        portIds.map((portId) => this.#one(portId, { ...scope, signal }).then(() => missing.delete(portId))),
      );
    } catch (error) {
      if (scope.signal?.aborted || !deadline.aborted) throw error;
      throw vifPlugTimeout({ seconds: Math.round(timeoutMs / 1000), ports: [...missing].join(', ') }, { cause: error });
    }
  }

  async #one(portId: string, scope: CallScope & { signal: AbortSignal }): Promise<void> {
    const early = this.#early.get(portId);
    if (early !== undefined) {
      this.#early.delete(portId);
      return judge(portId, early);
    }
    const { promise, resolve } = Promise.withResolvers<string>();
    const waiting = this.#waiting.get(portId) ?? new Set();
    this.#waiting.set(portId, waiting.add(resolve));
    const done = new AbortController();
    const signal = AbortSignal.any([scope.signal, done.signal]);
    try {
      judge(portId, await Promise.race([promise, this.#looked(portId, { ...scope, signal })]));
    } finally {
      done.abort();
      waiting.delete(resolve);
      if (waiting.size === 0) this.#waiting.delete(portId);
    }
  }

  async #looked(portId: string, scope: CallScope & { signal: AbortSignal }): Promise<string> {
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      await sleep(pauseMs, undefined, { signal: scope.signal });
      const status = await this.#statusOf(portId, scope).catch((error: unknown) => {
        // Neutron may be on its way up; whether the port is wired is asked again until the deadline.
        if (error instanceof KumoError && error.retryable) return 'UNKNOWN';
        throw error;
      });
      if (status === 'ACTIVE') return 'completed';
    }
  }
}

function judge(portId: string, status: string): void {
  if (status === 'failed') throw bindingFailed({ port: portId, host: 'its host' });
}
