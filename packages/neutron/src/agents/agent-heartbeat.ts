import type { DaemonEnv } from '@kumo/core/daemon';
import { nowIso } from '@kumo/core/db';
import { type Heartbeat, heartbeat } from '@kumo/core/reconcile';
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

const REPORT_TIMEOUT_MS = 10_000;

/** Tells neutron-server now and then that this agent lives. One that is not there yet is asked again soon. */
export function agentHeartbeat(
  server: ServerClient,
  env: DaemonEnv,
  config: NeutronConfig,
  facts: AgentFacts,
): Heartbeat {
  const report = { ...facts, host: env.host, startedAt: nowIso() };
  return heartbeat({
    intervalMs: config.agentReportSeconds * 1000,
    log: env.log,
    beat: async () => void (await server.reportState(report, { timeoutMs: REPORT_TIMEOUT_MS })),
  });
}
