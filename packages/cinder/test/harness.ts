import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inProcess } from '@kumo/core/client';
import type { Daemon } from '@kumo/core/daemon';
import { defineError } from '@kumo/core/errors';
import { createApp, glanceEnvelope, implement, keystoneEnvelope, operation, policiesOf } from '@kumo/core/http';
import { type Logger, silentLogger } from '@kumo/core/log';
import { PolicySet } from '@kumo/core/policy';
import type { Bus } from '@kumo/core/rpc';
import { createImage, deleteImage, downloadImage, type ImageBody, showImage, uploadImage } from '@kumo/glance/api';
import type { FastifyInstance } from 'fastify';
import { Type as T } from 'typebox';
import { Value } from 'typebox/value';
import { recordCall } from '../../core/src/testing/api-record.ts';
import { TEST_TOKENS, type TestEnv, testEnv } from '../../core/src/testing/env.ts';
import { onDatabases as onEachDatabase } from '../../core/src/testing/on-databases.ts';
import { CinderConfig } from '../src/config.ts';
import { cinderApi } from '../src/daemons/cinder-api.ts';
import { cinderScheduler } from '../src/daemons/cinder-scheduler.ts';
import { cinderVolume } from '../src/daemons/cinder-volume.ts';
import { FakeVolumeDriver, type VolumeDriver } from '../src/drivers/volume/index.ts';

export { OTHER_PROJECT, TEST_PROJECT } from '../../core/src/testing/env.ts';

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every operation
  body: any;
  headers: Record<string, unknown>;
}

/** Images by id: their bodies, and their data. */
export class FakeGlance {
  readonly images = new Map<string, { body: ImageBody; data: Buffer }>();
  /** Operation and user of every request. */
  readonly asked: [string, string][] = [];
  /** Uploads are refused after this many bytes, as of an image whose data is not what it says, or that is deleted meanwhile. */
  refusesAfterBytes = Number.POSITIVE_INFINITY;

  add(data: Buffer, fields: Record<string, unknown> = {}): string {
    const id = randomUUID();
    const body = {
      id,
      name: 'image',
      status: 'active',
      visibility: 'private',
      protected: false,
      os_hidden: false,
      owner: null,
      container_format: 'bare',
      disk_format: 'raw',
      size: data.length,
      virtual_size: null,
      checksum: 'abc',
      os_hash_algo: null,
      os_hash_value: null,
      min_disk: 0,
      min_ram: 0,
      tags: [],
      created_at: '',
      updated_at: '',
      self: '',
      file: '',
      schema: '',
      hw_disk_bus: 'virtio',
      ...fields,
    } as ImageBody;
    this.images.set(id, { body, data });
    return id;
  }

  app(): FastifyInstance {
    const missing = defineError('notFound', 'ImageNotFound', 'No image found with ID {id}');
    const find = (id: string) => {
      const image = this.images.get(id);
      if (!image) throw missing({ id });
      return image;
    };
    const routes = [
      implement(showImage, ({ ctx, params, authorize }) => {
        this.asked.push(['showImage', ctx.userId]);
        authorize({ project_id: 'any' }, { rule: 'open' });
        return find(params.image_id).body;
      }),
      implement(downloadImage, ({ ctx, params, authorize }) => {
        this.asked.push(['downloadImage', ctx.userId]);
        authorize({}, { rule: 'open' });
        return Readable.from([find(params.image_id).data]);
      }),
      implement(createImage, ({ ctx, body, authorize }) => {
        this.asked.push(['createImage', ctx.userId]);
        authorize({}, { rule: 'open' });
        const made = this.images.get(this.add(Buffer.alloc(0), { ...body, status: 'queued' }))!;
        this.images.delete(made.body.id);
        const id = String(body.id);
        made.body.id = id;
        this.images.set(id, made);
        return made.body;
      }),
      implement(uploadImage, async ({ ctx, params, body, authorize }) => {
        this.asked.push(['uploadImage', ctx.userId]);
        authorize({}, { rule: 'open' });
        const image = find(params.image_id);
        image.data = Buffer.alloc(0);
        let size = 0;
        for await (const chunk of body) {
          size += chunk.length;
          if (size > this.refusesAfterBytes) throw missing({ id: params.image_id });
        }
        image.body.size = size;
        image.body.status = 'active';
      }),
      implement(deleteImage, ({ ctx, params, authorize }) => {
        this.asked.push(['deleteImage', ctx.userId]);
        authorize({}, { rule: 'open' });
        find(params.image_id);
        this.images.delete(params.image_id);
      }),
    ];
    const policies = new PolicySet([...policiesOf(routes), { name: 'open', check: '@' }]);
    return createApp({
      service: 'glance-api',
      routes,
      envelope: glanceEnvelope,
      tokens: { validate: async (token) => TEST_TOKENS[token] },
      policies,
      log: silentLogger,
    });
  }
}

function keystoneApp(): FastifyInstance {
  const login = operation({
    name: 'login',
    method: 'POST',
    path: '/v3/auth/tokens',
    policy: 'none',
    status: 201,
    body: T.Unknown(),
    reply: T.Unknown(),
  });
  const routes = [
    implement(login, ({ reply }) => {
      reply.header('x-subject-token', 'service');
      return { token: { expires_at: '2100-01-01T00:00:00.000000Z' } };
    }),
  ];
  return createApp({
    service: 'keystone',
    routes,
    envelope: keystoneEnvelope,
    tokens: null,
    policies: new PolicySet([]),
    log: silentLogger,
  });
}

export interface HarnessOptions {
  log?: Logger | undefined;
  config?: Partial<CinderConfig>;
  driver?: VolumeDriver;
  databaseUrl?: string;
  /** Without cinder-volume. */
  noBackend?: boolean;
  bus?: Bus;
}

/** All of Cinder in this process. */
export class Harness {
  readonly env: TestEnv;
  readonly glance: FakeGlance;
  readonly driver: VolumeDriver;
  readonly config: CinderConfig;
  daemons: Daemon[] = [];
  app!: FastifyInstance;

  private constructor(parts: { env: TestEnv; glance: FakeGlance; driver: VolumeDriver; config: CinderConfig }) {
    this.env = parts.env;
    this.glance = parts.glance;
    this.driver = parts.driver;
    this.config = parts.config;
  }

  static async start(options: HarnessOptions = {}): Promise<Harness> {
    const glance = new FakeGlance();
    const apps = { glance: glance.app(), keystone: keystoneApp() };
    let env: TestEnv;
    env = testEnv({
      bus: options.bus,
      log: options.log,
      databaseUrl: () => options.databaseUrl ?? `sqlite:${env.stateDir}/cinder.db`,
      transports: { 'glance-api': inProcess(() => apps.glance), keystone: inProcess(() => apps.keystone) },
    });
    const config = Value.Parse(
      CinderConfig,
      Value.Default(CinderConfig, { reportIntervalMs: 500, schedulePatienceMs: 3_000, ...options.config }),
    ) as CinderConfig;
    const harness = new Harness({ env, glance, config, driver: options.driver ?? new FakeVolumeDriver() });
    const api = await cinderApi(env, config, { checkReplies: true });
    harness.app = api.app!;
    harness.daemons = [api, await cinderScheduler(env, config)];
    if (!options.noBackend) harness.daemons.push(await cinderVolume(env, config, harness.driver));
    for (const daemon of harness.daemons.toReversed()) await daemon.start();
    return harness;
  }

  async stop(): Promise<void> {
    for (const daemon of this.daemons) await daemon.stop();
    await this.env.cleanUp();
  }

  async call(
    method: string,
    path: string,
    options: { token?: string | null; body?: unknown; version?: string } = {},
  ): Promise<Answer> {
    const { token = 'member', body, version = '3.71' } = options;
    const response = await this.app.inject({
      method: method as 'GET',
      url: path,
      headers: {
        ...(token === null ? {} : { 'x-auth-token': token }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        'openstack-api-version': `volume ${version}`,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    recordCall({ method, url: path, status: response.statusCode, body });
    const text = response.body;
    return {
      status: response.statusCode,
      body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
      headers: response.headers,
    };
  }

  /** Makes a volume and waits until it is in `status`. */
  async volume(
    fields: Record<string, unknown> = {},
    options: { status?: string; token?: string } = {},
  ): Promise<string> {
    const { status = 'available', token } = options;
    const made = await this.call('POST', '/v3/volumes', { body: { volume: { size: 1, ...fields } }, token });
    if (made.status !== 202) throw new Error(JSON.stringify(made.body));
    await this.until(`/v3/volumes/${made.body.volume.id}`, 'volume', status);
    return made.body.volume.id;
  }

  /** Waits for a status; `gone` for a 404. */
  async until(path: string, key: string, status: string, timeoutMs = 10_000): Promise<Answer> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const answer = await this.call('GET', path, { token: 'admin' });
      if (status === 'gone' ? answer.status === 404 : answer.body?.[key]?.status === status) return answer;
      if (Date.now() > end) throw new Error(`${path} is not ${status} but ${JSON.stringify(answer.body)}`);
      await sleep(15);
    }
  }
}

/** The same tests on each database. `h` is to be called inside of tests: it is the suite's own instance. */
export function onDatabases(name: string, tests: (h: () => Harness) => void): void {
  onEachDatabase(name, (database) => {
    let harness: Harness | undefined;
    before(async () => {
      // Its daemons share one database: in memory each would have its own.
      harness = await Harness.start(database.engine === 'sqlite' ? {} : { databaseUrl: database.url('cinder') });
    });
    after(() => harness?.stop());
    tests(() => harness!);
  });
}
