import { startProcess } from '../cloud/process.ts';
import type { ChildMessage } from '../cloud/supervisor.ts';
import type { KumoConfig } from '../config/schema.ts';
import { openSecrets } from '../config/secrets.ts';
import { openStateDir } from '../config/state-dir.ts';
import { tellReady } from '../system/keeper.ts';
import { outliveStandardStreams } from '../system/standard-streams.ts';
import { untilStopped } from './signals.ts';

/**
 * `kumo node --config node.yaml`: runs this node's daemons in the foreground; the exit code is not 0 when it dies, for systemd
 * to start it again. As a supervisor's child it reports over IPC.
 */
export async function nodeCommand(config: KumoConfig, { supervised = false } = {}): Promise<void> {
  // Without a callback, a supervisor that is gone would be an error that nobody listens to.
  const tell = (message: ChildMessage) => void (process.connected && process.send?.(message, undefined, {}, () => {}));
  outliveStandardStreams();
  try {
    openStateDir(config.stateDir);
    const running = await startProcess(config, openSecrets(config.stateDir, config.passwords));
    tell({ kind: 'ready', pid: process.pid });
    tellReady();
    await untilStopped({ supervised });
    await running.stop();
    // The channel to the supervisor, which is listened to, would keep this process alive.
    if (process.connected) process.disconnect?.();
  } catch (error) {
    tell({ kind: 'failed', message: (error as Error).message });
    throw error;
  }
}
