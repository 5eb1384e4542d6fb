import assert from 'node:assert/strict';
import type { Daemon } from '@kumo/core/daemon';
import type { Logger } from '@kumo/core/log';
import { Value } from 'typebox/value';
import { recordCall } from '../../core/src/testing/api-record.ts';
import { type TestEnv, testEnv } from '../../core/src/testing/env.ts';
import type { KeystoneBootstrap } from '../src/app/bootstrap.ts';
import { KeystoneConfig } from '../src/config.ts';
import { keystone } from '../src/daemons/keystone.ts';
import { authKind } from './auth-kind.ts';

export const ADMIN_PASSWORD = 'admin-secret';
export const DEMO_PASSWORD = 'demo-secret';

export function bootstrapFor(url = 'http://keystone.test'): KeystoneBootstrap {
  const at = (name: string, type: string, base: string) => ({
    name,
    type,
    publicUrl: base,
    internalUrl: base,
    adminUrl: base,
  });
  return {
    adminPassword: ADMIN_PASSWORD,
    demoPassword: DEMO_PASSWORD,
    serviceUsers: [
      { name: 'nova', password: 'nova-secret' },
      { name: 'glance', password: 'glance-secret' },
    ],
    region: 'RegionOne',
    endpoints: [
      at('keystone', 'identity', `${url}/v3`),
      at('nova', 'compute', 'http://nova.test/v2.1'),
      at('cinder', 'volumev3', 'http://cinder.test/v3/$(project_id)s'),
    ],
  };
}

/** Cheap passwords: what they cost is not what these tests are about. */
export function testConfig(changes: object = {}): KeystoneConfig {
  const passwords = { memoryKib: 64, passes: 1 };
  return Value.Parse(KeystoneConfig, Value.Default(KeystoneConfig, { passwords, ...changes }));
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

export interface CallOptions {
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A whole Keystone in this process. */
export class TestKeystone {
  readonly env: TestEnv;
  readonly daemon: Daemon;
  /** An admin of project `admin`. */
  admin = '';

  constructor(env: TestEnv, daemon: Daemon) {
    this.env = env;
    this.daemon = daemon;
  }

  static async start(
    options: {
      databaseUrl?: string;
      config?: object;
      bootstrap?: KeystoneBootstrap;
      checkReplies?: boolean;
      log?: Logger;
    } = {},
  ): Promise<TestKeystone> {
    const { databaseUrl, log } = options;
    const env = testEnv({ log, ...(databaseUrl !== undefined && { databaseUrl: () => databaseUrl }) });
    const daemon = await keystone(env, testConfig(options.config), {
      bootstrap: options.bootstrap ?? bootstrapFor(),
      extra: { checkReplies: options.checkReplies ?? true },
    });
    await daemon.start();
    const started = new TestKeystone(env, daemon);
    started.admin = await started.logIn('admin', ADMIN_PASSWORD, { project: 'admin' });
    return started;
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
    await this.env.cleanUp();
  }

  async call(method: string, url: string, options: CallOptions = {}): Promise<Answer> {
    const { token = this.admin, headers = {}, body } = options;
    assert.ok(this.daemon.app);
    const answer = await this.daemon.app.inject({
      method: method as 'GET',
      url,
      headers: { ...(token === null ? {} : { 'x-auth-token': token }), ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const receiptSent = 'openstack-auth-receipt' in headers;
    const receiptGiven = 'openstack-auth-receipt' in answer.headers;
    const kind = authKind({ method, url, body, receiptSent, receiptGiven });
    recordCall({ method, url, status: answer.statusCode, kind });
    const text = answer.body;
    return { status: answer.statusCode, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** The body of an answer that must have this status. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  async expect(status: number, method: string, url: string, options: CallOptions = {}): Promise<any> {
    const answer = await this.call(method, url, options);
    assert.equal(answer.status, status, `${method} ${url}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** @param scope project by name, or any scope. */
  async logIn(name: string, password: string, scope?: { project: string } | object | 'unscoped'): Promise<string> {
    const answer = await this.call('POST', '/v3/auth/tokens', {
      token: null,
      body: passwordAuth(name, password, scope),
    });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.headers['x-subject-token'] as string;
  }
}

/** The body of a login in domain Default. */
export function passwordAuth(name: string, password: string, scope?: object | string): object {
  const domain = { id: 'default' };
  const wanted =
    typeof scope === 'object' && 'project' in scope && typeof scope.project === 'string'
      ? { project: { name: scope.project, domain } }
      : scope;
  return {
    auth: {
      identity: { methods: ['password'], password: { user: { name, domain, password } } },
      ...(wanted === undefined ? {} : { scope: wanted }),
    },
  };
}
