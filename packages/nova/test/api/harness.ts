/** nova-api in process with a real engine behind it (fake hypervisor), asked by injected requests. */
import assert from 'node:assert/strict';
import type { Transport } from '@kumo/core/client';
import type { Daemon, DaemonEnv, HttpDaemonName } from '@kumo/core/daemon';
import type { Bus } from '@kumo/core/rpc';
import { recordCall } from '../../../core/src/testing/api-record.ts';
import { novaApi } from '../../src/daemons/nova-api.ts';
import { type Cloud, type CloudOptions, startCloud } from '../engine/cloud.ts';
import { ApiCinder, ApiNeutron, glanceTransport, IMAGE, NETWORK } from './neighbours.ts';

export interface Reply {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API says
  body: any;
}

export interface Ask {
  token?: string;
  version?: string;
  headers?: Record<string, string>;
}

export class Api {
  /** What nova-api was given. */
  readonly env: DaemonEnv;
  readonly cloud: Cloud;
  /** Asked by `ask`. */
  daemon: Daemon;
  readonly neutron: ApiNeutron;
  readonly cinder: ApiCinder;

  constructor(env: DaemonEnv, cloud: Cloud, daemon: Daemon, neutron: ApiNeutron, cinder: ApiCinder) {
    this.env = env;
    this.cloud = cloud;
    this.daemon = daemon;
    this.neutron = neutron;
    this.cinder = cinder;
  }

  async ask(method: string, path: string, body?: unknown, options: Ask = {}): Promise<Reply> {
    const { token = 'member', version, headers } = options;
    const reply = await this.daemon.app!.inject({
      method: method as 'GET',
      url: path,
      headers: {
        ...(token === '' ? {} : { 'x-auth-token': token }),
        ...(version === undefined ? {} : { 'openstack-api-version': `compute ${version}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      payload: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const { statusCode, payload } = reply;
    recordCall({ method, url: path, status: statusCode, body });
    return { status: statusCode, headers: reply.headers, body: payload === '' ? undefined : JSON.parse(payload) };
  }

  get = (path: string, options?: Ask) => this.ask('GET', path, undefined, options);
  post = (path: string, body?: unknown, options?: Ask) => this.ask('POST', path, body, options);
  put = (path: string, body?: unknown, options?: Ask) => this.ask('PUT', path, body, options);
  delete = (path: string, options?: Ask) => this.ask('DELETE', path, undefined, options);

  /** A server that was asked for, at once. */
  async create(more: Record<string, unknown> = {}, options?: Ask): Promise<string> {
    const reply = await this.post('/v2.1/servers', { server: { ...serverBody, ...more } }, options);
    assert.equal(reply.status, 202, JSON.stringify(reply.body));
    return reply.body.server.id;
  }

  async active(more: Record<string, unknown> = {}): Promise<string> {
    const id = await this.create(more);
    await this.cloud.active(id);
    return id;
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
    await this.cloud.stop();
  }
}

export const serverBody = { name: 'one', flavorRef: '1', imageRef: IMAGE, networks: [{ uuid: NETWORK }] };

/** @param busOf nova-api's own bus, made of the others'. */
export async function startApi(options: CloudOptions = {}, busOf: (bus: Bus) => Bus = (bus) => bus): Promise<Api> {
  const quota = { instances: 10, cores: 20, ramMb: 51_200, keyPairs: 100, metadataItems: 128 };
  const cloud = await startCloud({ ...options, config: { quota, ...options.config } });
  const neutron = new ApiNeutron();
  const cinder = new ApiCinder(cloud.cinder);
  const own: Partial<Record<HttpDaemonName, Transport>> = {
    'glance-api': glanceTransport,
    'neutron-server': neutron.transport,
    'cinder-api': cinder.transport,
  };
  const transport = (daemon: HttpDaemonName) => own[daemon] ?? cloud.env.transport(daemon);
  const env = { ...cloud.env, bus: busOf(cloud.env.bus), transport };
  const daemon = await novaApi(env, cloud.config);
  await daemon.start();
  const api = new Api(env, cloud, daemon, neutron, cinder);
  const flavor = { name: 'm1.nano', id: '1', ram: 64, vcpus: 1, disk: 1 };
  const made = await api.post('/v2.1/flavors', { flavor }, { token: 'admin' });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  return api;
}
