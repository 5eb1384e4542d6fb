import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from '@kumo/core/daemon';
import { Ajv } from 'ajv';
import { recordCall } from '../../core/src/testing/api-record.ts';
import { type TestEnv, type TestEnvOptions, testEnv } from '../../core/src/testing/env.ts';
import { NeutronConfig } from '../src/config.ts';
import { neutronServer } from '../src/daemons/neutron-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests read whatever the wire carries
export type Json = any;

export interface Reply {
  status: number;
  body: Json;
  headers: Record<string, unknown>;
}

export type As = 'admin' | 'member' | 'reader' | 'other' | 'service' | null;

/** A neutron-server in this process, asked over HTTP without a socket. */
export interface Neutron {
  env: TestEnv;
  daemon: Daemon;
  call(
    method: string,
    path: string,
    options?: { body?: object; as?: As; headers?: Record<string, string> },
  ): Promise<Reply>;
  /** The same, which must succeed; gives the body. */
  ok(method: string, path: string, body?: object, as?: As): Promise<Json>;
  stop(): Promise<void>;
}

/** The configuration with its defaults, like the one from kumo.yaml. */
export function configOf(given: object = {}): NeutronConfig {
  const config = structuredClone(given) as NeutronConfig;
  new Ajv({ useDefaults: true, strict: false }).validate(NeutronConfig, config);
  return config;
}

export async function startNeutron(options: { env?: TestEnvOptions; config?: object } = {}): Promise<Neutron> {
  const env = testEnv(options.env);
  const daemon = await neutronServer(env, configOf({ dataplane: 'fake', ...options.config }));
  await daemon.start();
  const call: Neutron['call'] = async (method, path, { body, as = 'admin', headers = {} } = {}) => {
    const reply = await neutron.daemon.app!.inject({
      method: method as 'GET',
      url: path,
      headers: {
        ...(as === null ? {} : { 'x-auth-token': as }),
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    });
    recordCall({ method, url: path, status: reply.statusCode });
    return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json(), headers: reply.headers };
  };
  const neutron: Neutron = {
    env,
    daemon,
    call,
    ok: async (method, path, body, as) => {
      const reply = await call(method, path, { body, as });
      assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
      return reply.body;
    },
    stop: async () => {
      await daemon.stop();
      await env.cleanUp();
    },
  };
  return neutron;
}

export async function makeNetwork(neutron: Neutron, wanted: object = {}, as: As = 'member'): Promise<Json> {
  return (await neutron.ok('POST', '/v2.0/networks', { network: wanted }, as)).network;
}

export async function makeSubnet(
  neutron: Neutron,
  networkId: string,
  cidr: string,
  wanted: object = {},
  as: As = 'member',
): Promise<Json> {
  const subnet = { network_id: networkId, ip_version: cidr.includes(':') ? 6 : 4, cidr, ...wanted };
  return (await neutron.ok('POST', '/v2.0/subnets', { subnet }, as)).subnet;
}

export async function makePort(
  neutron: Neutron,
  networkId: string,
  wanted: object = {},
  as: As = 'member',
): Promise<Json> {
  return (await neutron.ok('POST', '/v2.0/ports', { port: { network_id: networkId, ...wanted } }, as)).port;
}

/** Waits until the condition gives something true. */
export async function eventually<T>(look: () => Promise<T>, what: string, timeoutMs = 10_000): Promise<NonNullable<T>> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found) return found as NonNullable<T>;
    if (Date.now() > until) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await sleep(30);
  }
}
