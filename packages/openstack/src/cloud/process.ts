import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { actAs, type Daemon, type HttpDaemonName } from '@kumo/core/daemon';
import { listen } from '@kumo/core/http';
import { createLogger, type Logger } from '@kumo/core/log';
import { type Bus, inProcessBus, rabbitBus } from '@kumo/core/rpc';
import { startTelemetry } from '@kumo/core/telemetry';
import type { FastifyInstance } from 'fastify';
import { CommandError } from '../cli/command-error.ts';
import type { KumoConfig } from '../config/schema.ts';
import type { Secrets } from '../config/secrets.ts';
import { type ConnectionBounds, connectionBounds } from './connections.ts';
import { watchForCrashes } from './crash.ts';
import { DAEMONS, type DaemonKind, DEFAULT_PORTS, isHttp } from './daemons.ts';
import { endpointOf, environmentFor, type Process } from './environment.ts';
import { tlsOptions } from './tls.ts';

const STOP_TIMEOUT_MS = 8_000;

/** The daemons of one process, running. */
export interface RunningProcess {
  readonly daemons: readonly { name: string; url: string | null }[];
  /** Stops in reverse order; every daemon is stopped even when another one fails to. */
  stop(): Promise<void>;
}

/** The daemons that this node's configuration asks for. */
export function daemonsOf(config: KumoConfig): DaemonKind[] {
  if (!config.daemons) return [...DAEMONS];
  const known = new Set<string>(DAEMONS.map(({ name }) => name));
  const unknown = config.daemons.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new CommandError(`daemons: there is no daemon '${unknown[0]}'; there are ${[...known].join(', ')}`);
  const wanted = new Set(config.daemons);
  return DAEMONS.filter(({ name }) => wanted.has(name));
}

/**
 * Makes, binds and starts the configured daemons in this process.
 *
 * @throws CommandError when a port is taken; nothing is left running then.
 */
export async function startProcess(config: KumoConfig, secrets: Secrets): Promise<RunningProcess> {
  const kinds = daemonsOf(config);
  const here = new Set<string>(kinds.map(({ name }) => name));
  const undo = new AsyncDisposableStack();
  try {
    const log = createLogger({
      service: 'kumo',
      level: config.log.level,
      file: join(config.stateDir, 'log', 'kumo.log'),
    });
    undo.defer(watchForCrashes(log, [...here]));
    const telemetry = await startTelemetry({
      daemons: kinds.map(({ name }) => name),
      stateDir: config.stateDir,
      log,
      exportUrl: config.trace.otlpUrl,
      maxAgeHours: config.trace.hours,
    });
    undo.defer(() => telemetry.stop());
    const bus: Bus = config.bus === 'in-process' ? inProcessBus({ log }) : await rabbitBus({ url: config.bus, log });
    undo.defer(() => bus.close());
    const apps = new Map<HttpDaemonName, FastifyInstance>();
    const shared: Process = { config, secrets, bus, log, apps, runsHere: (name) => here.has(name) };
    const bounds = connectionBounds(config);
    for (const kind of kinds) await actAs(kind.name, () => startDaemon(kind, { shared, bounds }, undo));
    const stopping = undo.move();
    return {
      daemons: kinds.map(({ name }) => ({ name, url: isHttp(name) ? endpointOf(config, name) : null })),
      stop: () => stopping.disposeAsync(),
    };
  } catch (error) {
    await undo.disposeAsync();
    throw error;
  }
}

async function startDaemon(
  kind: DaemonKind,
  { shared, bounds }: { shared: Process; bounds: ConnectionBounds },
  undo: AsyncDisposableStack,
): Promise<void> {
  const { config, apps } = shared;
  const daemon: Daemon = await kind.make(environmentFor(kind.name, kind.service, shared), config, shared.secrets);
  undo.defer(() => stopInTime(daemon, shared.log));
  if (isHttp(kind.name)) {
    if (!daemon.app) throw new Error(`${kind.name} gave no HTTP side`);
    apps.set(kind.name, daemon.app);
    await bind(kind.name, daemon.app, config, bounds);
  }
  await daemon.start();
}

/** A daemon that does not stop must not keep the others from it; what it leaves is taken up at the next start. */
async function stopInTime(daemon: Daemon, log: Logger): Promise<void> {
  const begun = performance.now();
  const inTime = await Promise.race([daemon.stop().then(() => true), sleep(STOP_TIMEOUT_MS, false, { ref: false })]);
  const fields = { daemon: daemon.name, ms: Math.round(performance.now() - begun) };
  if (inTime) log.debug(fields, 'stopped');
  else log.error(fields, 'did not stop in time; what it left open is taken up at the next start');
}

async function bind(
  name: HttpDaemonName,
  app: FastifyInstance,
  config: KumoConfig,
  bounds: ConnectionBounds,
): Promise<void> {
  const port = config.ports[name] ?? DEFAULT_PORTS[name];
  try {
    await listen(app, { host: config.listen, port, tls: tlsOptions(config), ...bounds });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new CommandError(
        `port ${port} of ${config.listen}, which ${name} needs, is taken: stop what listens there, or set ports.${name} in kumo.yaml`,
        { cause: error },
      );
    }
    if (code === 'EADDRNOTAVAIL')
      throw new CommandError(`listen: ${config.listen} is no address of this machine`, { cause: error });
    throw error;
  }
}
