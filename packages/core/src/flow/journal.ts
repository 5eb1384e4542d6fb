import type { Context } from '../context/index.ts';
import { defineError } from '../errors/index.ts';
import type { FlowFailure } from './definition.ts';

/** The lease was given to someone else: whoever gets this stops working on the flow and writes nothing more about it. */
export const flowLost = defineError('conflict', 'FlowLost', 'Flow {id} is held by another runner now.');

export type FlowState = 'running' | 'undoing' | 'done' | 'failed';
export type StepState = 'started' | 'done' | 'failed' | 'undone';

export interface JournaledStep {
  readonly name: string;
  readonly state: StepState;
  /** Present when it is done. */
  readonly result?: unknown;
}

/** A flow with its lease, as a runner gets it. */
export interface ClaimedFlow {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly state: 'running' | 'undoing';
  readonly input: unknown;
  readonly epoch: number;
  readonly steps: readonly JournaledStep[];
  readonly failure?: FlowFailure;
  /** The reason that was given with `cancel`. */
  readonly cancel?: string;
  readonly ctx?: Context;
  readonly traceparent?: string;
}

export interface ClaimRequest {
  /** `${host}:${daemon}`: survives a restart of the process. */
  readonly owner: string;
  /** New with every process. */
  readonly bootId: string;
  /** Only flows that this host must run; null: only those that anyone may run. */
  readonly holder: string | null;
  readonly flows: readonly { readonly name: string; readonly version: number }[];
  /** Flows that this process works on already. Others that bear its lease are claimed anew (an answer was lost). */
  readonly holding: readonly string[];
  readonly limit: number;
  readonly leaseMs: number;
}

/** The lease under which an entry is written, and the number of the entry under it: one that arrives twice, or late, changes nothing. */
export interface LeaseStamp {
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
  readonly leaseMs: number;
}

export interface StepDone extends LeaseStamp {
  readonly step: string;
  readonly result: unknown;
  /** The step that begins now, written in the same transaction. */
  readonly next?: string;
  /** This was the last step and nothing follows. Ignored when a cancellation came first: see {@link WriteAnswer}. */
  readonly finish?: boolean;
}

export interface WriteAnswer {
  /** Someone asked for the end of this flow, for this reason; given while it is `running` only. */
  readonly cancel?: string;
}

export interface FlowRecord {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly key: string | null;
  readonly state: FlowState;
  readonly holder: string | null;
  readonly leaseOwner: string | null;
  readonly epoch: number;
  readonly failure?: FlowFailure;
  readonly steps: readonly JournaledStep[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

/**
 * Where flows are written down. All arguments and answers are plain JSON, so that a daemon without a database reaches the
 * journal of another by RPC (one call per method). Every write renews the lease and is refused with {@link flowLost} when
 * the lease's epoch is not the flow's any more.
 */
export interface FlowJournal {
  /** Leases up to `limit` unfinished flows whose lease is free or ran out, oldest first. */
  claim(request: ClaimRequest): Promise<ClaimedFlow[]>;
  /** Frees what earlier processes of this owner held; they are fenced. For the start of a runner. */
  releaseFormer(owner: string, bootId: string): Promise<void>;
  /** Frees leases early, at the stop of a runner. Lost ones are passed over. */
  release(leases: readonly { readonly id: string; readonly epoch: number }[]): Promise<void>;
  /** Keeps leases; tells for each whether it is still held and whether the flow was cancelled. */
  renew(
    leases: readonly { readonly id: string; readonly epoch: number }[],
    leaseMs: number,
  ): Promise<{ id: string; held: boolean; cancel?: string }[]>;
  stepStarted(write: LeaseStamp & { readonly step: string }): Promise<WriteAnswer>;
  stepDone(write: StepDone): Promise<WriteAnswer>;
  /** A try of a step failed; the step stays open. */
  stepFailed(write: LeaseStamp & { readonly step: string; readonly failure: FlowFailure }): Promise<WriteAnswer>;
  /** Records that the flow is being undone: no further step is run. */
  undoing(write: LeaseStamp & { readonly failure: FlowFailure }): Promise<WriteAnswer>;
  stepUndone(write: LeaseStamp & { readonly step: string }): Promise<WriteAnswer>;
  /** `done` is not written when a cancellation came first: the answer tells. */
  finish(write: LeaseStamp & { readonly state: 'done' | 'failed' }): Promise<WriteAnswer>;
  /**
   * Asks for the end of every running flow of this key (or with this id). Those that were never begun, or that a living
   * runner holds, are undone by their runner: nudge it. Gives the ids; idempotent; flows that already go backwards or
   * ended are not among them.
   */
  cancel(target: { readonly key?: string; readonly id?: string }, reason: string): Promise<string[]>;
  /** Gives an unfinished flow to another host (null: to anyone) and fences the present one. False when it has ended. */
  handOver(id: string, holder: string | null): Promise<boolean>;
  /** The newest flows of a key, newest first. */
  list(key: string): Promise<FlowRecord[]>;
  show(id: string): Promise<FlowRecord | undefined>;
}
