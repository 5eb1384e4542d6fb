import { setTimeout as sleep } from 'node:timers/promises';
import { KumoError, publicText } from '@kumo/core/errors';
import type { FlowJournal } from '@kumo/core/flow';
import { interfaceNotAttached } from '../errors.ts';

const LOOK_MS = 40;

/**
 * Waits for a flow's end.
 * @returns the result of its last step.
 * @throws what it failed with, as an error that users may read.
 */
export async function awaitFlow(journal: FlowJournal, flowId: string, signal: AbortSignal): Promise<unknown> {
  for (;;) {
    const flow = await journal.show(flowId);
    if (!flow) throw interfaceNotAttached({ reason: 'its task does not exist.' });
    if (flow.state === 'done') return flow.steps.at(-1)?.result;
    if (flow.state === 'failed') throw publicError(flow.failure);
    await sleep(LOOK_MS, undefined, { signal });
  }
}

function publicError(failure: { kind: string; code: string; message: string } | undefined): Error {
  if (!failure || failure.kind === 'unknown') return interfaceNotAttached({ reason: 'the log of its host says why.' });
  if (failure.kind === 'driver') return interfaceNotAttached({ reason: publicText(failure.message) });
  return new KumoError(failure.kind as KumoError['kind'], failure.code, publicText(failure.message));
}
