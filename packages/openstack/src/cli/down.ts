import { signalIfThere } from '@kumo/core/exec';
import { isAlive, type ProcessIdentity } from '../system/process-identity.ts';
import { isKept, type RunFile, readRunFile, removeRunFile } from '../system/run-file.ts';
import { CommandError } from './command-error.ts';
import type { Progress } from './progress.ts';

const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 25;

/** Stops the cloud of a state directory and what would start it again; guests keep running. Does nothing when it is not up. */
export async function down(stateDir: string, progress: Progress): Promise<void> {
  const running = readRunFile(stateDir);
  if (!running) return progress.say('Kumo is not running.');
  // The keeper passes it on, and starts nothing any more.
  signalIfThere((isKept(running) ? running.keeper! : running.process).pid, 'SIGTERM');
  await progress.during('stopping', () => untilEnded(stateDir, running));
  removeRunFile(stateDir);
  progress.say('Kumo is down. Guests keep running; `kumo up` finds them again.');
}

async function untilEnded(stateDir: string, running: RunFile): Promise<void> {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  for (let left = living(running); left.length > 0; left = living(readRunFile(stateDir) ?? running)) {
    if (Date.now() > deadline) {
      for (const { pid } of left) signalIfThere(pid, 'SIGKILL');
      throw new CommandError(
        `Kumo (pid ${left.map(({ pid }) => pid).join(', ')}) did not stop within ${STOP_TIMEOUT_MS / 1000} s and was killed; what it was doing goes on at the next: kumo up`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The keeper first: killed after the process, it would have started another one. */
function living({ keeper, process }: RunFile): ProcessIdentity[] {
  return [...(keeper ? [keeper] : []), process].filter(isAlive);
}
