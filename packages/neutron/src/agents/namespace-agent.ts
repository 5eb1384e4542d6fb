import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { DriverError } from '@kumo/core/errors';
import { type ReconcileResult, type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { Serving } from '@kumo/core/rpc';
import type { NeutronConfig } from '../config.ts';
import type { AgentHeartbeat } from './agent-heartbeat.ts';

const AGAIN_MS = 250;

interface NamespaceAgent {
  binary: string;
  heartbeat: AgentHeartbeat;
  /** What should be here and what is here. */
  keys: () => Promise<readonly string[]>;
  /** Brings one in order. */
  ensure: (key: string) => Promise<void>;
  /** @param onResumed for the bus: nudges may have passed by */
  serve: (nudge: (keys: readonly string[]) => void, onResumed: () => void) => Promise<Serving>;
}

/** The shape that the agents for DHCP and routers share: one reconciler over namespaces, nudged by neutron-server. */
export function namespaceAgent(env: DaemonEnv, config: NeutronConfig, agent: NamespaceAgent): Daemon {
  const loop: Reconciler = reconciler({
    name: agent.binary,
    intervalMs: config.agentSyncSeconds * 1000,
    keys: agent.keys,
    reconcile: (key) => untilBridged(() => agent.ensure(key)),
    concurrency: 2,
    maxBackoffMs: 5000,
    log: env.log,
  });
  let serving: Serving | undefined;
  return {
    name: agent.binary,
    start: async () => {
      const nudge = (keys: readonly string[]) => {
        for (const key of keys) loop.nudge(key);
      };
      serving = await agent.serve(nudge, () => loop.nudge());
      await agent.heartbeat.start(() => loop.start());
    },
    stop: async () => {
      // Nobody is there to answer it, perhaps: the report under way is not waited for.
      void agent.heartbeat.stop();
      await serving?.close();
      await loop.stop();
    },
  };
}

/** A bridge that the L2 agent has not made yet is no failure: look again soon. */
async function untilBridged(work: () => Promise<void>): Promise<ReconcileResult | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof DriverError && error.retryable) return { againMs: AGAIN_MS };
    throw error;
  }
}
