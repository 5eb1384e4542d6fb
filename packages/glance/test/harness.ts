import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { Daemon } from '@kumo/core/daemon';
import type { Logger } from '@kumo/core/log';
import Value from 'typebox/value';
import { recordCall } from '../../core/src/testing/api-record.ts';
import { type TestEnv, testEnv } from '../../core/src/testing/env.ts';
import { onDatabases as onEachDatabase } from '../../core/src/testing/on-databases.ts';
import { GlanceConfig, glanceApi } from '../src/service.ts';

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  json: any;
  text: string;
  bytes: Buffer;
}

export interface Ask {
  as?: 'admin' | 'member' | 'reader' | 'other' | 'service' | 'nobody';
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Glance {
  env: TestEnv;
  daemon: Daemon;
  ask(method: string, url: string, ask?: Ask): Promise<Answer>;
  /** Creates an image; 201 is asserted. */
  create(body?: Record<string, unknown>, as?: Ask['as']): Promise<{ id: string } & Record<string, unknown>>;
  /** Creates an image and gives it data; 201 and 204 are asserted. */
  createWith(data: Buffer, body?: Record<string, unknown>, as?: Ask['as']): Promise<{ id: string }>;
  put(id: string, data: Buffer, ask?: Ask): Promise<Answer>;
  patch(id: string, changes: unknown, ask?: Ask): Promise<Answer>;
  stop(): Promise<void>;
}

export interface GlanceOptions {
  config?: Partial<GlanceConfig>;
  databaseUrl?: (service: string) => string;
  log?: Logger | undefined;
}

/** A whole Glance in this process, on real files and a real database. */
export async function startGlance({ config = {}, databaseUrl, log }: GlanceOptions = {}): Promise<Glance> {
  const env = testEnv({ databaseUrl, log });
  const daemon = await glanceApi(env, Value.Parse(GlanceConfig, Value.Default(GlanceConfig, { ...config })));
  await daemon.start();
  await daemon.app!.ready();
  const ask: Glance['ask'] = async (method, url, { as = 'member', body, headers = {} } = {}) => {
    const isRaw = Buffer.isBuffer(body);
    const reply = await daemon.app!.inject({
      method: method as 'GET',
      url,
      headers: {
        ...(as === 'nobody' ? {} : { 'x-auth-token': as }),
        ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      payload: body === undefined ? undefined : isRaw ? body : JSON.stringify(body),
    });
    recordCall({ method, url, status: reply.statusCode });
    const isJson = String(reply.headers['content-type']).startsWith('application/json');
    return {
      status: reply.statusCode,
      headers: reply.headers,
      json: isJson ? reply.json() : undefined,
      text: reply.payload,
      bytes: reply.rawPayload,
    };
  };
  const glance: Glance = {
    env,
    daemon,
    ask,
    async create(body = {}, as = 'member') {
      const reply = await ask('POST', '/v2/images', { as, body });
      assert.equal(reply.status, 201, reply.text);
      return reply.json;
    },
    async createWith(data, body = {}, as = 'member') {
      const image = await glance.create({ disk_format: 'raw', container_format: 'bare', ...body }, as);
      const reply = await glance.put(image.id, data, { as });
      assert.equal(reply.status, 204, reply.text);
      return image;
    },
    put: (id, data, { headers, ...rest } = {}) =>
      ask('PUT', `/v2/images/${id}/file`, {
        ...rest,
        body: data,
        headers: { 'content-type': 'application/octet-stream', ...headers },
      }),
    patch: (id, changes, { headers, ...rest } = {}) =>
      ask('PATCH', `/v2/images/${id}`, {
        ...rest,
        body: changes,
        headers: { 'content-type': 'application/openstack-images-v2.1-json-patch', ...headers },
      }),
    async stop() {
      await daemon.stop();
      await env.cleanUp();
    },
  };
  return glance;
}

/** The same tests on each database. `glance` is to be called inside of tests: it is the suite's own instance. */
export function onDatabases(name: string, tests: (glance: () => Glance) => void, config?: Partial<GlanceConfig>): void {
  onEachDatabase(name, (database) => {
    let glance: Glance;
    before(async () => {
      glance = await startGlance({ config, databaseUrl: database.url });
    });
    after(() => glance?.stop());
    tests(() => glance);
  });
}
