import { notesOf, type Restarts, readRestarts } from '../system/keeper.ts';
import { isAlive } from '../system/process-identity.ts';
import { isKept, type RunningService, readRunFile } from '../system/run-file.ts';
import { print, printJson, table } from './output.ts';

const PROBE_TIMEOUT_MS = 2_000;

export interface ServiceStatus {
  name: string;
  url: string | null;
  pid: number;
  /** It answers `GET /healthcheck`; for daemons without HTTP: its process is alive. */
  healthy: boolean;
}

export interface Status {
  /** Null when it is not running, or has died and is about to be started again (`restarts` says so). */
  pid: number | null;
  ready: boolean;
  services: ServiceStatus[];
  /** Present when it died and was started again, in the last minutes or ever since. */
  restarts?: Restarts;
  /** False: its keeper is gone, nothing starts it again when it dies. */
  kept?: boolean;
}

export async function statusOf(stateDir: string): Promise<Status> {
  const running = readRunFile(stateDir);
  if (!running) return { pid: null, ready: false, services: [] };
  const services = await Promise.all(running.services.map(probe));
  const alive = isAlive(running.process);
  const restarts = readRestarts(notesOf(stateDir));
  return {
    pid: alive ? running.process.pid : null,
    ready: alive && running.ready && services.every(({ healthy }) => healthy),
    services,
    kept: isKept(running),
    ...(restarts ? { restarts } : {}),
  };
}

async function probe({ name, url, process }: RunningService): Promise<ServiceStatus> {
  const alive = isAlive(process);
  return { name, url, pid: process.pid, healthy: alive && (url === null || (await answers(url))) };
}

async function answers(url: string): Promise<boolean> {
  try {
    const reply = await fetch(`${url}/healthcheck`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    // Refused, reset and timed out all mean the same here: it does not answer.
    return false;
  }
}

/** `kumo status`: exit code 0 when everything is healthy, 3 when it is not (as `service status` has it). */
export async function statusCommand(stateDir: string, options: { json?: boolean }): Promise<number> {
  const status = await statusOf(stateDir);
  if (options.json) printJson(status);
  else if (status.pid === null && !status.kept) print('Kumo is not running. Start it with: kumo up');
  else {
    print(
      status.pid === null
        ? 'Kumo has died and is being started again.'
        : `Kumo is ${status.ready ? 'ready' : 'not ready'} (pid ${status.pid}).`,
    );
    if (status.restarts) print(restartsText(status.restarts));
    if (!status.kept)
      print('Nothing starts it again when it dies: its keeper is gone. Mend it with: kumo down; kumo up');
    print(
      table(
        ['SERVICE', 'PID', 'HEALTHY', 'URL'],
        status.services.map(({ name, pid, healthy, url }) => [name, String(pid), healthy ? 'yes' : 'NO', url ?? '']),
      ),
    );
  }
  return status.ready ? 0 : 3;
}

function restartsText({ restarts, ended, at, delayMs }: Restarts): string {
  const times = restarts === 1 ? 'once' : `${restarts} times`;
  return `It died and was started again ${times} lately, last at ${at} (${ended}), ${delayMs / 1000} s later. Why: kumo logs kumo`;
}
