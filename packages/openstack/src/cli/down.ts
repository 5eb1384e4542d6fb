import { isAlive } from '../system/process-identity.ts';
import { readRunFile, removeRunFile } from '../system/run-file.ts';
import { CommandError } from './command-error.ts';
import type { Progress } from './progress.ts';

const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 25;

/** Stops the cloud of a state directory; guests keep running. Does nothing when it is not up. */
export async function down(stateDir: string, progress: Progress): Promise<void> {
  const running = readRunFile(stateDir);
  if (!running) return progress.say('Kumo is not running.');
  process.kill(running.process.pid, 'SIGTERM');
  await progress.during('stopping', async () => {
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (isAlive(running.process)) {
      if (Date.now() > deadline) {
        process.kill(running.process.pid, 'SIGKILL');
        throw new CommandError(
          `Kumo (pid ${running.process.pid}) did not stop within ${STOP_TIMEOUT_MS / 1000} s and was killed; what it was doing goes on at the next: kumo up`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  });
  removeRunFile(stateDir);
  progress.say('Kumo is down. Guests keep running; `kumo up` finds them again.');
}
