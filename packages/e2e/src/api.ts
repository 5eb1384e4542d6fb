/** Plain HTTP to the services of a cloud, for what a test needs but is not about. */
export type ServiceName = 'identity' | 'image' | 'placement' | 'compute' | 'network' | 'volume';

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body; undefined when it is no JSON. */
  json: unknown;
}

export interface RequestOptions {
  /** Sent as JSON, unless it is bytes already. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Another token than the session's; null: none. */
  token?: string | null;
}

/** Where the paths that tests write begin, below the service's address. */
const PREFIXES: Readonly<Record<ServiceName, (projectId: string) => string>> = {
  identity: () => '/v3',
  image: () => '/v2',
  placement: () => '',
  compute: () => '/v2.1',
  network: () => '/v2.0',
  volume: (projectId) => `/v3/${projectId}`,
};

/** Versions that tests speak unless they say otherwise. */
const VERSIONS: Partial<Record<ServiceName, string>> = {
  compute: 'compute 2.93',
  placement: 'placement 1.39',
  volume: 'volume 3.60',
};

export interface Login {
  user: string;
  password: string;
  project: string;
}

export class Api {
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly token: string;
  readonly projectId: string;
  readonly userId: string;

  private constructor(
    urls: Readonly<Record<ServiceName, string>>,
    session: { token: string; projectId: string; userId: string },
  ) {
    this.urls = urls;
    this.token = session.token;
    this.projectId = session.projectId;
    this.userId = session.userId;
  }

  /** Asks Keystone for a token of a project. @throws when there is none. */
  static async login(urls: Readonly<Record<ServiceName, string>>, { user, password, project }: Login): Promise<Api> {
    const domain = { id: 'default' };
    const auth = {
      identity: { methods: ['password'], password: { user: { name: user, domain, password } } },
      scope: { project: { name: project, domain } },
    };
    const reply = await fetch(`${urls.identity}/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth }),
    });
    const text = await reply.text();
    if (reply.status !== 201) throw new Error(`no token for ${user}: ${reply.status} ${text}`);
    const { token } = JSON.parse(text) as { token: { project: { id: string }; user: { id: string } } };
    return new Api(urls, {
      token: reply.headers.get('x-subject-token')!,
      projectId: token.project.id,
      userId: token.user.id,
    });
  }

  /** One request with this token, whatever its answer. */
  async request(service: ServiceName, method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
    const { body, headers = {}, token = this.token } = options;
    const isBytes = body instanceof Uint8Array;
    const version = VERSIONS[service];
    const reply = await fetch(`${this.urls[service]}${PREFIXES[service](this.projectId)}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { 'x-auth-token': token }),
        ...(body === undefined ? {} : { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
        ...(version ? { 'openstack-api-version': version } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : isBytes ? new Uint8Array(body) : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, text, json: parsed(text) };
  }

  /** The body of an answer that must be a good one. @throws Error with the whole answer. */
  async send<T>(service: ServiceName, method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { status, text, json } = await this.request(service, method, path, options);
    if (status >= 400) throw new Error(`${method} ${service} ${path}: ${status} ${text}`);
    return json as T;
  }

  get<T>(service: ServiceName, path: string): Promise<T> {
    return this.send<T>(service, 'GET', path);
  }

  post<T>(service: ServiceName, path: string, body: unknown): Promise<T> {
    return this.send<T>(service, 'POST', path, { body });
  }

  put<T>(service: ServiceName, path: string, body: unknown): Promise<T> {
    return this.send<T>(service, 'PUT', path, { body });
  }

  async delete(service: ServiceName, path: string): Promise<void> {
    await this.send(service, 'DELETE', path);
  }

  /** True when the thing is there, false when it is not. @throws Error for every other answer. */
  async exists(service: ServiceName, path: string): Promise<boolean> {
    const { status, text } = await this.request(service, 'GET', path);
    if (status === 404) return false;
    if (status >= 400) throw new Error(`GET ${service} ${path}: ${status} ${text}`);
    return true;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whether it should have been JSON is for the caller to say.
    return undefined;
  }
}
