import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { KumoConfig } from '../config/schema.ts';
import { openStateDir } from '../config/state-dir.ts';
import { kept, notesOf, readRestarts } from '../system/keeper.ts';
import { isAlive, type ProcessIdentity } from '../system/process-identity.ts';
import { isKept, readRunFile } from '../system/run-file.ts';
import { CommandError } from './command-error.ts';
import { isOutOfRoom, noRoom } from './no-room.ts';
import type { Progress } from './progress.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const POLL_MS = 20;
/** The keeper's longest wait, and a slow start. */
const COMES_BACK_MS = 60_000;

/** `kumo up`: becomes the keeper of the cloud's process, in the foreground. Returns only by throwing. */
export function keepUp(config: KumoConfig, args: readonly string[]): void {
  refuseSecondUp(config.stateDir);
  openStateDir(config.stateDir);
  const [program, keeperArgs] = keeperOf(config, args);
  process.execve!(program, [program, ...keeperArgs], process.env);
}

/** `kumo up --detach`: the same in a session of its own; returns when every endpoint answers, also of one that is coming back. */
export async function keepUpDetached(config: KumoConfig, args: readonly string[], progress: Progress): Promise<void> {
  const { stateDir } = config;
  if (await isBack(stateDir, progress)) return;
  refuseSecondUp(stateDir);
  openStateDir(stateDir);
  const logFile = join(stateDir, 'log', 'up.log');
  const log = openSync(logFile, 'w', 0o600);
  const [program, keeperArgs] = keeperOf(config, args);
  const keeper = spawn(program, keeperArgs, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let ended: string | undefined;
  keeper.once('exit', (code, signal) => {
    ended = signal ?? `exit code ${code}`;
  });
  keeper.once('error', (error) => {
    ended = error.message;
  });
  let shown = 0;
  const relay = () => {
    const text = readFileSync(logFile, 'utf8');
    process.stderr.write(text.slice(shown));
    shown = text.length;
  };
  while (!ended && readyPid(stateDir, keeper.pid) === undefined) {
    await sleep(POLL_MS);
    relay();
  }
  relay();
  if (ended && isOutOfRoom(stateDir)) throw noRoom(stateDir);
  if (ended) throw new CommandError(`Kumo did not start (${ended}); what it said is in ${logFile}`);
  keeper.unref();
  const pid = readyPid(stateDir, keeper.pid);
  progress.say(`Kumo runs in the background (pid ${pid}). Stop it with: kumo down`);
}

/** The shell that keeps `up --kept`. */
function keeperOf({ stateDir }: KumoConfig, args: readonly string[]): [string, string[]] {
  const command = [process.execPath, ...process.execArgv, MAIN, 'up', '--kept', ...args];
  return kept('Kumo', notesOf(stateDir), command);
}

function readyPid(stateDir: string, keeperPid: number | undefined): number | undefined {
  const running = readRunFile(stateDir);
  return running?.ready === true && running.keeper?.pid === keeperPid ? running.process.pid : undefined;
}

/**
 * Waits for a cloud that has died and is being started again; true when it is back, or was already.
 * @throws CommandError when it does not become ready.
 */
async function isBack(stateDir: string, progress: Progress): Promise<boolean> {
  const deadline = Date.now() + COMES_BACK_MS;
  return progress.during('waiting for Kumo, which died and is being started again', async () => {
    for (;;) {
      const running = readRunFile(stateDir);
      const restarts = readRestarts(notesOf(stateDir));
      if (!running || !isKept(running)) return false;
      const alive = isAlive(running.process);
      if (alive && !restarts) return false;
      if (alive && running.ready) {
        progress.say(`Kumo died (${restarts?.ended}) and was started again by itself (pid ${running.process.pid}).`);
        return true;
      }
      if (Date.now() > deadline)
        throw new CommandError(
          `Kumo died and does not become ready again; why: ${join(stateDir, 'log', 'up.log')}, kumo logs; stop it with kumo down`,
        );
      await sleep(POLL_MS);
    }
  });
}

/** @throws CommandError when another process than `keeper`'s runs on this directory, or is being started again. */
export function refuseSecondUp(stateDir: string, keeper?: ProcessIdentity): void {
  const running = readRunFile(stateDir);
  if (!running) return;
  const { process: former } = running;
  if (isAlive(former))
    throw new CommandError(
      `Kumo is already running on ${stateDir} (pid ${former.pid}): see kumo status, stop it with kumo down`,
    );
  if (running.keeper!.pid !== keeper?.pid)
    throw new CommandError(
      `Kumo has died and is being started again on ${stateDir} (keeper ${running.keeper!.pid}): see kumo status, stop it with kumo down`,
    );
}
