/**
 * What a daemon is, what it is given, and which one is at work (`actAs`).
 */

import type { FastifyInstance } from 'fastify';
import type { Transport } from '../client/index.ts';
import type { TokenChecker } from '../http/index.ts';
import type { Logger } from '../log/index.ts';
import type { Bus } from '../rpc/index.ts';

export { actAs, actingDaemon } from './acting.ts';

/** A part of a service that runs by itself: `nova-api`, `nova-compute`, … Made by the service, started by `openstack`. */
export interface Daemon {
  readonly name: string;
  /** The HTTP side, not yet listening; absent for daemons that only speak RPC. */
  readonly app?: FastifyInstance;
  /** Begins to consume, to run flows and to reconcile. Resolves when the daemon can do its work. */
  start(): Promise<void>;
  /** Stops taking work, lets what is running reach a journaled point, closes what it opened. Guests keep running. */
  stop(): Promise<void>;
}

/** What a daemon is given; it reads no environment variable and no file of its own accord. */
export interface DaemonEnv {
  readonly log: Logger;
  readonly bus: Bus;
  /** The broker's URL where daemons talk through RabbitMQ, for what others than daemons listen to; it holds a password. */
  readonly busUrl?: string | undefined;
  /** The name of this node, as in `OS-EXT-SRV-ATTR:host` and in agents' lists. */
  readonly host: string;
  /** A directory of this node's own, 0711, for what must outlive the process. */
  readonly stateDir: string;
  readonly region: string;
  /** The address of this node on the management network: where its listeners are and how peers reach it. */
  readonly managementAddress: string;
  /** The URL of a service's own database, e.g. `sqlite:/var/lib/kumo/db/nova.db`. */
  databaseUrl(service: ServiceName): string;
  /** How to reach another HTTP daemon: without a socket when it runs in this process. */
  transport(daemon: HttpDaemonName): Transport;
  /** The URL under which clients know an HTTP daemon, without a trailing slash, e.g. `http://127.0.0.1:8774`. */
  endpoint(daemon: HttpDaemonName): string;
  /** The credentials of the service's own user in project `service`. */
  serviceUser(service: ServiceName): { username: string; password: string };
  /** A secret that this cloud's daemons share for one purpose, e.g. `metadata-proxy`; 32 random bytes in hex. */
  sharedSecret(purpose: string): string;
  /** Validates the tokens of incoming requests with Keystone. */
  readonly tokens: TokenChecker;
  /** Prometheus' text of this process. */
  metrics(): Promise<string>;
}

export type ServiceName = 'keystone' | 'glance' | 'placement' | 'nova' | 'neutron' | 'cinder';

export type HttpDaemonName =
  | 'keystone'
  | 'glance-api'
  | 'placement-api'
  | 'nova-api'
  | 'nova-metadata-api'
  | 'neutron-server'
  | 'cinder-api';
