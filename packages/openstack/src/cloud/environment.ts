import { join } from 'node:path';
import { inProcess, ServiceTokenSource, socket, TokenValidator, type Transport } from '@kumo/core/client';
import { actAs, type DaemonEnv, type HttpDaemonName, type ServiceName } from '@kumo/core/daemon';
import { createLogger, type Logger } from '@kumo/core/log';
import type { Bus } from '@kumo/core/rpc';
import { renderPrometheus } from '@kumo/core/telemetry';
import type { FastifyInstance } from 'fastify';
import type { KumoConfig } from '../config/schema.ts';
import type { Secrets } from '../config/secrets.ts';
import { DEFAULT_PORTS } from './daemons.ts';

/** What all daemons of one process share. */
export interface Process {
  readonly config: KumoConfig;
  readonly secrets: Secrets;
  readonly bus: Bus;
  readonly log: Logger;
  /** The HTTP sides that run here, by daemon: reached without a socket. */
  readonly apps: Map<HttpDaemonName, FastifyInstance>;
  readonly runsHere: (daemon: string) => boolean;
}

/** The URL where peers and clients find an HTTP daemon: the configured one, else this node's address and the port. */
export function endpointOf(config: KumoConfig, daemon: HttpDaemonName): string {
  const scheme = config.tls ? 'https' : 'http';
  return (
    config.peers[daemon] ??
    `${scheme}://${config.publicAddress ?? config.listen}:${config.ports[daemon] ?? DEFAULT_PORTS[daemon]}`
  );
}

/** Builds what one daemon is given. */
export function environmentFor(daemon: string, service: ServiceName, shared: Process): DaemonEnv {
  const { config, secrets, apps, runsHere, bus } = shared;
  const log = createLogger({
    service: daemon,
    level: config.log.level,
    file: join(config.stateDir, 'log', `${daemon}.log`),
  });
  const transports = new Map<string, Transport>();
  const transport = (to: HttpDaemonName): Transport => {
    let found = transports.get(to);
    if (!found) {
      found = runsHere(to) ? actAs(to, () => inProcess(() => apps.get(to))) : socket(endpointOf(config, to));
      transports.set(to, found);
    }
    return found;
  };
  const serviceUser = (name: ServiceName) => ({ username: name, password: secrets.services[name] ?? '' });
  const serviceToken = new ServiceTokenSource({
    transport: transport('keystone'),
    from: daemon,
    ...serviceUser(service),
  });
  return {
    log,
    bus: busOf(bus, log),
    busUrl: config.bus === 'in-process' ? undefined : config.bus,
    host: config.host,
    stateDir: config.stateDir,
    region: config.region,
    managementAddress: config.listen,
    databaseUrl: (name) => databaseUrl(config, name),
    transport,
    endpoint: (to) => endpointOf(config, to),
    serviceUser,
    sharedSecret: (purpose) => {
      const secret = secrets.shared[purpose];
      if (!secret) throw new Error(`no shared secret is made for '${purpose}'`);
      return secret;
    },
    tokens: new TokenValidator({ transport: transport('keystone'), from: daemon, serviceToken }),
    metrics: async () => renderPrometheus(),
  };
}

/** The process's bus as one daemon's: what its handlers fail with is in its own log. */
function busOf(bus: Bus, log: Logger): Bus {
  return { ...bus, serve: (contract, options, handlers) => bus.serve(contract, { log, ...options }, handlers) };
}

/** `sqlite` keeps one file per service below the state directory; else the service's name is the database's name. */
export function databaseUrl(config: KumoConfig, service: ServiceName): string {
  if (config.database === 'sqlite') return `sqlite:${join(config.stateDir, 'db', `${service}.db`)}`;
  return `${config.database.replace(/\/+$/, '')}/${service}`;
}
