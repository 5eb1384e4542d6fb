import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TraceStore } from '@kumo/core/telemetry';
import type { KumoConfig } from '../config/schema.ts';
import { deriveSteps, type Step } from '../trace/derive.ts';
import { CommandError } from './command-error.ts';
import { print, printJson } from './output.ts';
import { serverIdOf } from './server-id.ts';

/**
 * The steps of a server that was created on this machine within the store's time.
 *
 * @throws CommandError when the store does not know the server.
 */
export function stepsOfServer(stateDir: string, serverId: string): Step[] {
  if (!existsSync(join(stateDir, 'traces.db')))
    throw new CommandError(`no trace is kept in ${stateDir}: start the cloud with: kumo up`);
  const store = new TraceStore({ stateDir, readOnly: true });
  try {
    const steps = deriveSteps(store.spansOfServer(serverId), serverId);
    if (!steps) {
      throw new CommandError(
        `no trace of server ${serverId} is kept here: give the id that 'openstack server list' shows; traces older than trace.hours are gone`,
      );
    }
    return steps;
  } finally {
    store.close();
  }
}

export function printStep(step: Step): void {
  const head = `${String(step.step).padStart(2)}  ${`${step.from} -> ${step.to}`.padEnd(34)}  ${step.kind.padEnd(8)}`;
  if (step.skipped) {
    print(`${head}  ${'-'.padStart(9)}     skipped: ${step.skipped}`);
    return;
  }
  print(`${head}  ${(step.ms ?? 0).toFixed(2).padStart(9)} ms  ${step.what}${step.cached ? ' (from the cache)' : ''}`);
}

/** `kumo trace SERVER`: a server by its id or name. */
export async function traceCommand(config: KumoConfig, server: string, options: { json?: boolean }): Promise<void> {
  const steps = stepsOfServer(config.stateDir, await serverIdOf(config, server));
  if (options.json) {
    printJson(
      steps.map(({ step, from, to, kind, startMs, ms, cached, skipped }) => ({
        step,
        from,
        to,
        kind,
        startMs,
        ms,
        cached,
        skipped,
      })),
    );
    return;
  }
  for (const step of steps) printStep(step);
}
