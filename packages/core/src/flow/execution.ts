import { defineError, isAskersMistake } from '../errors/index.ts';
import type { Logger } from '../log/index.ts';
import { encodeError } from '../rpc/wire-error.ts';
import { withRemoteParent, withSpan } from '../trace/index.ts';
import type { FlowDefinition, FlowFailure, FlowStep, StepControls } from './definition.ts';
import {
  type ClaimedFlow,
  type FlowJournal,
  flowLost,
  type LeaseStamp,
  type StepState,
  type WriteAnswer,
} from './journal.ts';
import { pauseUnlessAborted, settle } from './settle.ts';
import type { Slots } from './slots.ts';

export const flowCancelled = defineError('conflict', 'FlowCancelled', 'It was cancelled: {reason}.');
export const stepTimeout = defineError('unavailable', 'StepTimeout', 'Step {step} did not end within {seconds} s.');

const HOOK_TIMEOUT_MS = 60_000;
const UNDO_PAUSE_MS = 500;
const UNDO_PAUSE_MOST_MS = 60_000;
const WRITE_PAUSE_MS = 100;
const WRITE_PAUSE_MOST_MS = 5_000;

export interface ExecutionOptions {
  readonly journal: FlowJournal;
  readonly deps: unknown;
  readonly slots: Slots;
  readonly leaseMs: number;
  /** For spans. */
  readonly daemon: string;
  readonly log: Logger;
}

export type Ending = 'done' | 'failed' | 'lost' | 'stopped';

/** Thrown through an execution to leave it without another word in the journal. */
class Left extends Error {
  readonly ending: 'lost' | 'stopped';
  constructor(ending: 'lost' | 'stopped') {
    super(ending === 'lost' ? 'the lease of the flow was lost' : 'the daemon stops');
    this.ending = ending;
  }
}

/** One claimed flow, driven from where its journal stands to its end. */
export class Execution {
  readonly flow: ClaimedFlow;
  readonly #definition: FlowDefinition<unknown, unknown, object>;
  readonly #options: ExecutionOptions;
  readonly #log: Logger;
  readonly #states: Map<string, StepState>;
  readonly #results: Record<string, unknown> = {};
  #seq = 0;
  #cancel: string | undefined;
  #left: Left | undefined;
  /** Aborts what runs now: a step, an undo, a pause. */
  #now = new AbortController();
  #pause = new AbortController();
  #isPausing = false;
  #isUndoing = false;
  /** True until the journal has taken note of the end together with the last step. */
  #isStillOpen = true;
  /** On `performance.now()`'s clock. */
  leaseEndsMs: number;

  constructor(flow: ClaimedFlow, definition: FlowDefinition<unknown, unknown, object>, options: ExecutionOptions) {
    this.flow = flow;
    this.#definition = definition;
    this.#options = options;
    this.#log = options.log.child({ flow: flow.name, flowId: flow.id, requestId: flow.ctx?.requestId });
    this.#states = new Map(flow.steps.map(({ name, state }) => [name, state]));
    for (const { name, state, result } of flow.steps) if (state === 'done') this.#results[name] = result ?? null;
    this.#cancel = flow.cancel;
    this.leaseEndsMs = performance.now() + options.leaseMs;
  }

  /** Between two tries: takes no slot. */
  get isPausing(): boolean {
    return this.#isPausing;
  }

  /** Never rejects. */
  async run(): Promise<Ending> {
    try {
      const failure = this.flow.state === 'undoing' ? this.flow.failure : await this.#forward();
      if (!failure) return 'done';
      await this.#backward(failure);
      return 'failed';
    } catch (error) {
      if (error instanceof Left) return error.ending;
      this.#log.error(
        { err: error },
        'flow left because of a fault in Kumo: please report it with err; another runner takes it over',
      );
      return 'lost';
    }
  }

  /** Makes a flow that still goes forward abort its step and go back. */
  cancel(reason: string): void {
    if (this.#cancel !== undefined || this.#isUndoing) return;
    this.#cancel = reason;
    this.#now.abort(flowCancelled({ reason }));
  }

  /** Stops without a further journal entry: another runner has the flow, or may take it over any moment. */
  leave(ending: 'lost' | 'stopped'): void {
    if (this.#left) return;
    this.#left = new Left(ending);
    this.#now.abort(this.#left);
  }

  /** Ends a pause between tries. */
  wake(): void {
    this.#pause.abort();
  }

  /** Runs what is not done yet. @returns why the flow must be undone, or undefined when it is done. */
  async #forward(): Promise<FlowFailure | undefined> {
    const { steps, done } = this.#definition;
    for (const [index, step] of steps.entries()) {
      if (this.#states.get(step.name) === 'done') continue;
      if (this.#cancel !== undefined) return this.#cancelled(step.name);
      if (!this.#states.has(step.name))
        await this.#write((lease) => this.#journal.stepStarted({ ...lease, step: step.name }));
      this.#states.set(step.name, 'started');
      if (this.#cancel !== undefined) return this.#cancelled(step.name);
      const failure = await this.#runStep(step, steps[index + 1]);
      if (failure) return failure;
    }
    if (this.#cancel !== undefined) return this.#cancelled();
    if (done || steps.length === 0 || this.#isStillOpen) {
      if (done)
        await this.#untilItSucceeds('done', HOOK_TIMEOUT_MS, (controls) =>
          done(this.#deps, this.flow.input, this.#results, controls),
        );
      await this.#write((lease) => this.#journal.finish({ ...lease, state: 'done' }));
      if (this.#cancel !== undefined) return this.#cancelled();
    }
    return undefined;
  }

  /** Tries a step as its policy says and writes down its result, the next step's start, or the end, in one write. */
  async #runStep(
    step: FlowStep<unknown, unknown>,
    next: FlowStep<unknown, unknown> | undefined,
  ): Promise<FlowFailure | undefined> {
    const { times, delayMs, backoff = 2 } = step.retry;
    for (let attempt = 1; ; attempt++) {
      try {
        const value = await this.#inSpan(step.name, step.timeoutMs, attempt, (controls) =>
          step.run(this.#deps, this.flow.input, this.#results, controls),
        );
        await this.#stepDone(step, next, value);
        return undefined;
      } catch (error) {
        if (this.#left) throw this.#left;
        if (error instanceof Left) throw error;
        if (this.#cancel !== undefined) return this.#cancelled(step.name);
        const failure: FlowFailure = { ...encodeError(error), step: step.name };
        if (!failure.retryable || attempt > times) {
          // What a user asked for and cannot have is no news to an operator.
          if (isAskersMistake(error))
            this.#log.info({ error: error.code, reason: error.message, step: step.name }, 'flow refused; undoing it');
          else this.#log.warn({ err: error, step: step.name, attempt }, 'flow step failed; undoing the flow');
          return failure;
        }
        const pauseMs = delayMs * backoff ** (attempt - 1);
        this.#log.info({ err: error, step: step.name, attempt, pauseMs }, 'flow step failed; trying again');
        await this.#write((lease) => this.#journal.stepFailed({ ...lease, step: step.name, failure }));
        await this.#wait(pauseMs);
        if (this.#cancel !== undefined) return this.#cancelled(step.name);
      }
    }
  }

  async #stepDone(
    step: FlowStep<unknown, unknown>,
    next: FlowStep<unknown, unknown> | undefined,
    value: unknown,
  ): Promise<void> {
    // Later steps get what a restarted process would get.
    const result = JSON.parse(JSON.stringify(value ?? null));
    const finish = !next && !this.#definition.done;
    const written = {
      step: step.name,
      result,
      next: next && !this.#states.has(next.name) ? next.name : undefined,
      finish,
    };
    await this.#write((lease) => this.#journal.stepDone({ ...lease, ...written }));
    this.#states.set(step.name, 'done');
    this.#results[step.name] = result;
    if (this.#cancel !== undefined) return;
    if (written.next) this.#states.set(written.next, 'started');
    if (finish) this.#isStillOpen = false;
  }

  async #backward(failure: FlowFailure): Promise<void> {
    const wasUndoing = this.flow.state === 'undoing';
    this.#isUndoing = true;
    if (!wasUndoing) await this.#write((lease) => this.#journal.undoing({ ...lease, failure }));
    for (const step of this.#definition.steps.toReversed()) {
      const state = this.#states.get(step.name);
      const { undo } = step;
      if (!undo || state === undefined || state === 'undone') continue;
      await this.#untilItSucceeds(`${step.name}.undo`, step.timeoutMs, (controls) =>
        undo(this.#deps, this.flow.input, this.#results, controls),
      );
      await this.#write((lease) => this.#journal.stepUndone({ ...lease, step: step.name }));
      this.#states.set(step.name, 'undone');
    }
    const { failed } = this.#definition;
    if (failed)
      await this.#untilItSucceeds('failed', HOOK_TIMEOUT_MS, (controls) =>
        failed(this.#deps, this.flow.input, failure, controls),
      );
    await this.#write((lease) => this.#journal.finish({ ...lease, state: 'failed' }));
  }

  async #untilItSucceeds(name: string, timeoutMs: number, work: (controls: StepControls) => unknown): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#inSpan(name, timeoutMs, attempt, work);
        return;
      } catch (error) {
        if (this.#left) throw this.#left;
        const pauseMs = Math.min(UNDO_PAUSE_MOST_MS, UNDO_PAUSE_MS * 2 ** Math.min(attempt - 1, 20));
        this.#log.error(
          { err: error, step: name, attempt, pauseMs },
          'flow cannot go on yet; trying again until the cause in err is gone',
        );
        await this.#wait(pauseMs);
      }
    }
  }

  #inSpan(
    name: string,
    timeoutMs: number,
    attempt: number,
    work: (controls: StepControls) => unknown,
  ): Promise<unknown> {
    const { slots, daemon } = this.#options;
    const { id, ctx, traceparent } = this.flow;
    const attributes = {
      'kumo.flow': this.flow.name,
      'kumo.flow_id': id,
      'kumo.flow.step': name,
      'kumo.flow.attempt': attempt,
    };
    return slots.use(async () => {
      const controller = this.#renewed();
      const late = () => controller.abort(stepTimeout({ step: name, seconds: timeoutMs / 1000 }));
      const timer = setTimeout(late, timeoutMs);
      const controls: StepControls = { signal: controller.signal, attempt, flowId: id, ctx };
      try {
        return await withRemoteParent(traceparent, () =>
          withSpan(`flow.${this.flow.name}.${name}`, { kind: 'internal', from: daemon, to: daemon, attributes }, () =>
            settle(controller.signal, () => work(controls)),
          ),
        );
      } finally {
        clearTimeout(timer);
      }
    });
  }

  /** Repeats a journal entry until it is there: what was done must not be forgotten because a database restarts. */
  async #write(entry: (lease: LeaseStamp) => Promise<WriteAnswer>): Promise<void> {
    const { leaseMs } = this.#options;
    const { id, epoch } = this.flow;
    const lease: LeaseStamp = { id, epoch, seq: ++this.#seq, leaseMs };
    for (let attempt = 1; ; attempt++) {
      if (this.#left) throw this.#left;
      const began = performance.now();
      try {
        const { cancel } = await withRemoteParent(this.flow.traceparent, () => entry(lease));
        this.leaseEndsMs = began + leaseMs;
        if (cancel !== undefined) this.cancel(cancel);
        return;
      } catch (error) {
        if (flowLost.is(error)) {
          this.#log.warn('flow is held by another runner now');
          this.#left ??= new Left('lost');
          throw this.#left;
        }
        this.#log.error(
          { err: error, attempt },
          'journal of the flow cannot be written; trying again: is the database (or nova-conductor) up?',
        );
        await this.#wait(Math.min(WRITE_PAUSE_MOST_MS, WRITE_PAUSE_MS * 2 ** Math.min(attempt - 1, 20)));
      }
    }
  }

  async #wait(ms: number): Promise<void> {
    this.#pause = new AbortController();
    this.#isPausing = true;
    await pauseUnlessAborted(ms, AbortSignal.any([this.#renewed().signal, this.#pause.signal]));
    this.#isPausing = false;
    if (this.#left) throw this.#left;
  }

  /** The controller for what begins now; aborted already when there is nothing to begin any more. */
  #renewed(): AbortController {
    this.#now = new AbortController();
    if (this.#left) this.#now.abort(this.#left);
    else if (this.#cancel !== undefined && !this.#isUndoing) this.#now.abort(flowCancelled({ reason: this.#cancel }));
    return this.#now;
  }

  #cancelled(step?: string): FlowFailure {
    const reason = this.#cancel ?? '';
    this.#log.info({ step, reason }, 'flow cancelled; undoing it');
    return { ...encodeError(flowCancelled({ reason })), step, cancelled: true };
  }

  get #journal(): FlowJournal {
    return this.#options.journal;
  }

  get #deps(): unknown {
    return this.#options.deps;
  }
}
