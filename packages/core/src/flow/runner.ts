import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from '../log/index.ts';
import type { FlowDefinition } from './definition.ts';
import { type Ending, Execution } from './execution.ts';
import type { ClaimedFlow, FlowJournal } from './journal.ts';
import { Slots } from './slots.ts';

// biome-ignore lint/suspicious/noExplicitAny: flows of one runner have different inputs and results
type AnyFlow<Deps> = FlowDefinition<Deps, any, any>;

export interface FlowRunnerOptions<Deps> {
  journal: FlowJournal;
  /** Every version that may still be unfinished. */
  flows: readonly AnyFlow<Deps>[];
  deps: Deps;
  /** Run only the flows that this host must run. Absent: only those that anyone may run. */
  holder?: string;
  /** The daemon's name, e.g. `nova-compute`: part of the lease's owner, and for traces. One process of it per host. */
  daemon: string;
  /** Default: `holder`, else the machine's name. */
  host?: string;
  log: Logger;
  /** Steps that run at once; flows that pause do not count. Default 16. */
  concurrency?: number;
  /** Default 15,000. */
  leaseMs?: number;
  /** How often to look for flows of others whose lease ran out. Default 2,000. */
  pollMs?: number;
}

export interface FlowRunner {
  /** Takes over at once what an earlier process of this daemon on this host left behind, then what is free. */
  start(): Promise<void>;
  /** Lets steps end for `graceMs` (default 2,000), aborts the rest, frees the leases; nothing is undone. */
  stop(options?: { graceMs?: number }): Promise<void>;
  /** Looks for flows now; with the id of one that runs here: asks at once whether it was cancelled, and ends its pause. */
  nudge(flowId?: string): void;
  /** Cancels a flow, wherever it runs; at once when it runs here. False when it does not go forward any more. */
  cancel(flowId: string, reason: string): Promise<boolean>;
  /** Resolves when no flow is held here. */
  idle(): Promise<void>;
}

/** Drives the flows of a daemon: adopts, leases, runs, undoes. Idle it costs one query per `pollMs`. */
export function flowRunner<Deps>(options: FlowRunnerOptions<Deps>): FlowRunner {
  const runner = new Runner(options as FlowRunnerOptions<unknown>);
  return {
    start: () => runner.start(),
    stop: ({ graceMs = 2_000 } = {}) => runner.stop(graceMs),
    nudge: (flowId) => runner.nudge(flowId),
    cancel: (flowId, reason) => runner.cancel(flowId, reason),
    idle: () => runner.idle(),
  };
}

const DEFAULT_CONCURRENCY = 16;

class Runner {
  readonly #options: FlowRunnerOptions<unknown>;
  readonly #log: Logger;
  readonly #leaseMs: number;
  readonly #owner: string;
  readonly #bootId = randomUUID();
  readonly #held = new Map<string, { execution: Execution; ended: Promise<void> }>();
  readonly #slots: Slots;
  /** Flows run outside of whatever request or transaction a nudge came from. */
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #waiting: (() => void)[] = [];
  #started = false;
  #tookOver = false;
  #claiming: Promise<void> | undefined;
  #claimAgain = false;
  #isFull = false;
  #pollTimer: NodeJS.Timeout | undefined;
  #renewTimer: NodeJS.Timeout | undefined;

  constructor(options: FlowRunnerOptions<unknown>) {
    const {
      holder,
      host = holder ?? hostname(),
      daemon,
      concurrency = DEFAULT_CONCURRENCY,
      leaseMs = 15_000,
      log,
    } = options;
    this.#options = options;
    this.#log = log;
    this.#leaseMs = leaseMs;
    this.#owner = `${host}:${daemon}`;
    this.#slots = new Slots(concurrency);
  }

  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    await this.#outside(() => this.#claim());
  }

  async stop(graceMs: number): Promise<void> {
    this.#started = false;
    clearTimeout(this.#pollTimer);
    await this.#claiming;
    const ended = Promise.all([...this.#held.values()].map((held) => held.ended));
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([ended, grace]);
    clearTimeout(timer);
    const left = [...this.#held.values()].map(({ execution }) => execution);
    for (const execution of left) execution.leave('stopped');
    await ended;
    clearInterval(this.#renewTimer);
    this.#renewTimer = undefined;
    const leases = left.map(({ flow: { id, epoch } }) => ({ id, epoch }));
    if (leases.length === 0) return;
    await this.#options.journal
      .release(leases)
      .catch((error) => this.#log.warn({ err: error }, 'leases of flows were not freed; they run out by themselves'));
  }

  nudge(flowId?: string): void {
    if (!this.#started) return;
    const held = flowId === undefined ? undefined : this.#held.get(flowId);
    this.#outside(() => {
      if (held) void this.#renew().then(() => held.execution.wake());
      else void this.#claim();
    });
  }

  async cancel(flowId: string, reason: string): Promise<boolean> {
    const [cancelled] = await this.#options.journal.cancel({ id: flowId }, reason);
    if (cancelled === undefined) return false;
    const held = this.#held.get(flowId);
    if (held) held.execution.cancel(reason);
    else this.nudge();
    return true;
  }

  idle(): Promise<void> {
    if (this.#held.size === 0 && !this.#claiming) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** One claim at a time; a wish for another meanwhile is remembered. */
  #claim(): Promise<void> {
    if (this.#claiming) {
      this.#claimAgain = true;
      return this.#claiming;
    }
    clearTimeout(this.#pollTimer);
    this.#claiming = this.#claimAll().finally(() => {
      this.#claiming = undefined;
      this.#settled();
      if (!this.#started) return;
      this.#pollTimer = setTimeout(() => void this.#claim(), this.#options.pollMs ?? 2_000).unref();
    });
    return this.#claiming;
  }

  async #claimAll(): Promise<void> {
    try {
      do {
        this.#claimAgain = false;
        await this.#claimOnce();
      } while (this.#claimAgain && this.#started);
    } catch (error) {
      this.#log.warn(
        { err: error },
        'flows cannot be claimed at the moment; trying again: is the database (or nova-conductor) up?',
      );
    }
  }

  async #claimOnce(): Promise<void> {
    const { journal, flows, holder = null } = this.#options;
    if (!this.#tookOver) {
      await journal.releaseFormer(this.#owner, this.#bootId);
      this.#tookOver = true;
    }
    const busy = [...this.#held.values()].filter(({ execution }) => !execution.isPausing).length;
    const limit = Math.max(0, (this.#options.concurrency ?? DEFAULT_CONCURRENCY) - busy);
    this.#isFull = limit === 0;
    if (limit === 0) return;
    const claimed = await journal.claim({
      owner: this.#owner,
      bootId: this.#bootId,
      holder,
      flows: flows.map(({ name, version }) => ({ name, version })),
      holding: [...this.#held.keys()],
      limit,
      leaseMs: this.#leaseMs,
    });
    for (const flow of claimed) this.#take(flow);
    // There may be more than fitted: look again when one of these ends.
    if (claimed.length === limit) this.#isFull = true;
  }

  #take(flow: ClaimedFlow): void {
    const definition = this.#options.flows.find(({ name, version }) => name === flow.name && version === flow.version);
    if (!definition) throw new Error(`journal gave flow ${flow.id} of the unknown ${flow.name} ${flow.version}`);
    const { journal, deps, daemon, log } = this.#options;
    const execution = new Execution(flow, definition, {
      journal,
      deps,
      daemon,
      log,
      slots: this.#slots,
      leaseMs: this.#leaseMs,
    });
    const ended = execution.run().then((ending) => this.#ended(execution, ending));
    this.#held.set(flow.id, { execution, ended });
    this.#renewTimer ??= setInterval(() => void this.#renew(), this.#leaseMs / 3).unref();
  }

  #ended({ flow }: Execution, ending: Ending): void {
    this.#held.delete(flow.id);
    this.#log.debug({ flow: flow.name, flowId: flow.id, ending }, 'flow ended here');
    if (this.#held.size === 0) {
      clearInterval(this.#renewTimer);
      this.#renewTimer = undefined;
    }
    if (this.#isFull && this.#started) {
      this.#isFull = false;
      void this.#claim();
    }
    this.#settled();
  }

  async #renew(): Promise<void> {
    const executions = [...this.#held.values()].map(({ execution }) => execution);
    const leases = executions.map(({ flow: { id, epoch } }) => ({ id, epoch }));
    const began = performance.now();
    try {
      const answers = await this.#options.journal.renew(leases, this.#leaseMs);
      const byId = new Map(answers.map((answer) => [answer.id, answer]));
      for (const execution of executions) {
        const answer = byId.get(execution.flow.id);
        if (answer?.held) {
          execution.leaseEndsMs = Math.max(execution.leaseEndsMs, began + this.#leaseMs);
          if (answer.cancel !== undefined) execution.cancel(answer.cancel);
        } else if (this.#held.has(execution.flow.id)) execution.leave('lost');
      }
    } catch (error) {
      this.#log.warn(
        { err: error },
        'leases of flows cannot be renewed at the moment; trying again: is the database (or nova-conductor) up?',
      );
      // Another host may have them from now on: what still runs here must end.
      for (const execution of executions) if (execution.leaseEndsMs < performance.now()) execution.leave('lost');
    }
  }

  #settled(): void {
    if (this.#held.size === 0 && !this.#claiming) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
