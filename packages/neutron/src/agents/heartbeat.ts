import type { DaemonEnv } from '@kumo/core/daemon';
import { nowIso } from '@kumo/core/db';
import type { RpcClient } from '@kumo/core/rpc';
import type { NeutronConfig } from '../config.ts';
import type { neutronServerRpc } from '../rpc/neutron-server.ts';

export type ServerClient = RpcClient<(typeof neutronServerRpc)['methods']>;

export interface AgentFacts {
  agentType: string;
  binary: string;
  availabilityZone: string | null;
  configurations: Record<string, unknown>;
}

const RETRY_MS = 1000;

/** Tells neutron-server now and then that this agent lives. */
export class Heartbeat {
  readonly #server: ServerClient;
  readonly #env: DaemonEnv;
  readonly #facts: AgentFacts;
  readonly #intervalMs: number;
  readonly #startedAt = nowIso();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #wasRefused = false;

  constructor(server: ServerClient, env: DaemonEnv, config: NeutronConfig, facts: AgentFacts) {
    this.#server = server;
    this.#env = env;
    this.#facts = facts;
    this.#intervalMs = config.agentReportSeconds * 1000;
  }

  /** Resolves after the first attempt, whatever came of it: a server that is not there yet is asked again soon. */
  async start(): Promise<void> {
    await this.#beat();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #beat(): Promise<void> {
    let nextMs = this.#intervalMs;
    try {
      await this.#server.reportState(
        { ...this.#facts, host: this.#env.host, startedAt: this.#startedAt },
        { timeoutMs: 10_000 },
      );
      this.#wasRefused = false;
    } catch (error) {
      nextMs = Math.min(nextMs, RETRY_MS);
      if (!this.#wasRefused) this.#env.log.warn({ err: error }, 'neutron-server does not answer; asking again');
      this.#wasRefused = true;
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#beat(), nextMs).unref();
  }
}
