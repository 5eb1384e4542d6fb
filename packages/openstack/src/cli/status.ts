import { isAlive } from '../system/process-identity.ts';
import { type RunningService, readRunFile } from '../system/run-file.ts';
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
  pid: number | null;
  ready: boolean;
  services: ServiceStatus[];
}

export async function statusOf(stateDir: string): Promise<Status> {
  const running = readRunFile(stateDir);
  if (!running) return { pid: null, ready: false, services: [] };
  const services = await Promise.all(running.services.map(probe));
  return { pid: running.process.pid, ready: running.ready && services.every(({ healthy }) => healthy), services };
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
  else if (status.pid === null) print('Kumo is not running. Start it with: kumo up');
  else {
    print(`Kumo is ${status.ready ? 'ready' : 'not ready'} (pid ${status.pid}).`);
    print(
      table(
        ['SERVICE', 'PID', 'HEALTHY', 'URL'],
        status.services.map(({ name, pid, healthy, url }) => [name, String(pid), healthy ? 'yes' : 'NO', url ?? '']),
      ),
    );
  }
  return status.ready ? 0 : 3;
}
