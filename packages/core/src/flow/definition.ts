import type { Context } from '../context/index.ts';
import type { WireError } from '../rpc/wire-error.ts';

/** What a step is told besides its input. */
export interface StepControls {
  /** Aborts on timeout, cancellation, loss of the lease, or stop of the daemon. */
  readonly signal: AbortSignal;
  /** 1 for the first try of this step since it was begun. */
  readonly attempt: number;
  readonly flowId: string;
  /** Who asked for the flow (without the token). */
  readonly ctx?: Context;
}

export interface RetryPolicy {
  /** Further tries after the first, for errors with `retryable: true`. */
  times: number;
  delayMs: number;
  /** Factor from one delay to the next. Default 2. */
  backoff?: number;
}

/** Why a flow is undone; plain JSON, kept in the journal. */
export interface FlowFailure extends WireError {
  /** The step that failed; for a cancellation the step that was open, if any. */
  readonly step?: string;
  /** Someone asked for the end: nothing went wrong by itself. */
  readonly cancelled?: boolean;
}

/** A step's `run` makes sure of something, its `undo` makes it absent; both may run any number of times. */
export interface StepSpec<Deps, Input, Results, Name extends string, Result> {
  /** The result is stored as JSON and given to later steps under the step's name. */
  run(deps: Deps, input: Input, results: Results, controls: StepControls): Promise<Result> | Result;
  /** Also called for a step that failed or half ran: then its own result is absent. Retried until it succeeds. */
  undo?(
    deps: Deps,
    input: Input,
    results: Partial<Results> & { readonly [K in Name]?: Result },
    controls: StepControls,
  ): unknown;
  /** Default 300,000. */
  timeoutMs?: number;
  /** Default: 5 times, 200 ms doubling. */
  retry?: RetryPolicy;
}

/** A step as the runner sees it: names and types erased. */
export interface FlowStep<Deps, Input> {
  readonly name: string;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  run(deps: Deps, input: Input, results: object, controls: StepControls): unknown;
  undo?(deps: Deps, input: Input, results: object, controls: StepControls): unknown;
}

export interface FlowDefinition<Deps, Input, Results = object> {
  readonly name: string;
  readonly version: number;
  readonly steps: readonly FlowStep<Deps, Input>[];
  /** After everything is undone. Retried until it succeeds. */
  readonly failed?: (deps: Deps, input: Input, failure: FlowFailure, controls: StepControls) => unknown;
  /** After the last step. Retried until it succeeds: put what may fail for good into a step. */
  readonly done?: (deps: Deps, input: Input, results: Results, controls: StepControls) => unknown;
}

/** A definition that can still be extended; every method gives a new one. */
export interface FlowBuilder<Deps, Input, Results = object> extends FlowDefinition<Deps, Input, Results> {
  step<Name extends string, Result>(
    name: Name,
    spec: StepSpec<Deps, Input, Results, Name, Result>,
  ): FlowBuilder<Deps, Input, Results & { readonly [K in Name]: Awaited<Result> }>;
  onFailed(
    failed: (deps: Deps, input: Input, failure: FlowFailure, controls: StepControls) => unknown,
  ): FlowBuilder<Deps, Input, Results>;
  onDone(
    done: (deps: Deps, input: Input, results: Results, controls: StepControls) => unknown,
  ): FlowBuilder<Deps, Input, Results>;
}

const DEFAULT_RETRY: RetryPolicy = { times: 5, delayMs: 200, backoff: 2 };

/**
 * Declares a flow: the steps of what a user asked for, each idempotent. A changed list of steps is a new version; the old
 * definition stays registered with the runner until its flows have drained.
 *
 * @example
 * export const serverCreate = flow<Deps, { serverId: string }>('server.create', 1)
 *   .step('placed', { run: ({ placement }, { serverId }) => placement.claim(serverId), undo: … })
 *   .step('guest', { run: ({ compute }, { serverId }, { placed }) => compute.spawn(serverId, placed.host) })
 *   .onFailed(({ servers }, { serverId }, failure) => servers.fail(serverId, failure));
 */
export function flow<Deps, Input>(name: string, version: number): FlowBuilder<Deps, Input> {
  return extend<Deps, Input, object>({ name, version, steps: [] });
}

function extend<Deps, Input, Results>(base: FlowDefinition<Deps, Input, Results>): FlowBuilder<Deps, Input, Results> {
  return {
    ...base,
    step(stepName, spec) {
      if (base.steps.some(({ name }) => name === stepName)) throw new TypeError(`step '${stepName}' is there twice`);
      const { timeoutMs = 300_000, retry = DEFAULT_RETRY } = spec;
      // The builder's types tie results to names; the runner hands over exactly what the journal holds under them.
      const step = { name: stepName, timeoutMs, retry, run: spec.run, undo: spec.undo } as FlowStep<Deps, Input>;
      return extend({ ...base, steps: [...base.steps, step], done: undefined });
    },
    onFailed: (failed) => extend({ ...base, failed }),
    onDone: (done) => extend({ ...base, done }),
  };
}
