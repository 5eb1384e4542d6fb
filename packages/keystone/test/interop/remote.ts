import assert from 'node:assert/strict';

export interface RemoteAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

interface CallOptions {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** A Keystone, whichever, by HTTP. */
export class Remote {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async call(method: string, path: string, { token, headers = {}, body }: CallOptions = {}): Promise<RemoteAnswer> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { 'x-auth-token': token }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    return { status: answer.status, headers: answer.headers, body: text !== '' && isJson ? JSON.parse(text) : text };
  }

  /** The body of an answer that must have this status. */
  async expect(
    status: number,
    method: string,
    path: string,
    options: CallOptions = {},
    // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  ): Promise<any> {
    const answer = await this.call(method, path, options);
    assert.equal(answer.status, status, `${this.url} ${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** @param scope as in the API; nothing: none. */
  async logIn(name: string, password: string, scope?: object): Promise<string> {
    const user = { name, domain: { id: 'default' }, password };
    return this.authenticate({ methods: ['password'], password: { user } }, scope ?? 'unscoped');
  }

  async authenticate(identity: object, scope?: object | 'unscoped'): Promise<string> {
    const body = { auth: { identity, ...(scope === undefined ? {} : { scope }) } };
    const answer = await this.call('POST', '/v3/auth/tokens', { body });
    assert.equal(answer.status, 201, `${this.url}: ${JSON.stringify(answer.body)}`);
    return answer.headers.get('x-subject-token') as string;
  }

  /** What it says of a token; undefined when it is not valid. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  async validate(admin: string, subject: string): Promise<any> {
    const answer = await this.call('GET', '/v3/auth/tokens?nocatalog', {
      token: admin,
      // Without it a token with access rules is not shown.
      headers: { 'x-subject-token': subject, 'openstack-identity-access-rules': '1.0' },
    });
    return answer.status === 200 ? answer.body.token : undefined;
  }
}
