import type { DaemonEnv } from '@kumo/core/daemon';
import { nowIso } from '@kumo/core/db';
import { heartbeat } from '@kumo/core/reconcile';
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

export interface AgentHeartbeat {
  /**
   * Reports once and then at intervals. Resolves when the first report was taken or has failed.
   * @param onKnown called when neutron-server has taken a report for the first time: only then can it be asked for work
   */
  start(onKnown: () => void): Promise<void>;
  /** No more reports. Resolves when the one under way has ended; `onKnown` is not called any more. */
  stop(): Promise<void>;
}

const REPORT_TIMEOUT_MS = 10_000;
/** At the start of a whole cloud neutron-server comes up later than its agents; then it is no failure. */
const PATIENCE_MS = 60_000;

/** Tells neutron-server now and then that this agent lives. One that is not there yet is asked again soon. */
export function agentHeartbeat(
  server: ServerClient,
  env: DaemonEnv,
  config: NeutronConfig,
  facts: AgentFacts,
): AgentHeartbeat {
  const report = { ...facts, host: env.host, startedAt: nowIso() };
  let onFirst: (() => void) | undefined;
  let complainAt = Number.POSITIVE_INFINITY;
  const beats = heartbeat({
    intervalMs: config.agentReportSeconds * 1000,
    log: env.log,
    beat: async () => {
      try {
        await server.reportState(report, { timeoutMs: REPORT_TIMEOUT_MS });
      } catch (error) {
        if (onFirst && performance.now() > complainAt) {
          complainAt = Number.POSITIVE_INFINITY;
          env.log.error(
            { err: error, agent: facts.binary },
            'neutron-server cannot be reached; the agent does nothing',
          );
        }
        throw error;
      }
      onFirst?.();
      onFirst = undefined;
    },
  });
  return {
    start: (onKnown) => {
      onFirst = onKnown;
      complainAt = performance.now() + PATIENCE_MS;
      return beats.start();
    },
    stop: () => {
      onFirst = undefined;
      return beats.stop();
    },
  };
}
