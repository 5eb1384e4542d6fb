import { Agent, request } from 'undici';
import type { Cloud, HttpDaemon } from '../src/cloud.ts';

const agent = new Agent({ connections: 128, pipelining: 1 });

export interface Server {
  id: string;
  name: string;
  status: string;
}

/** The few calls of the public APIs that the benchmark makes, with as little of its own cost as possible. */
export class Api {
  readonly token: string;
  readonly #cloud: Cloud;

  private constructor(cloud: Cloud, token: string) {
    this.#cloud = cloud;
    this.token = token;
  }

  static async login(cloud: Cloud, account: 'admin' | 'demo'): Promise<Api> {
    const { OS_USERNAME: name, OS_PASSWORD: password, OS_PROJECT_NAME: project } = cloud.credentials(account);
    const domain = { name: 'Default' };
    const auth = {
      identity: { methods: ['password'], password: { user: { name, password, domain } } },
      scope: { project: { name: project, domain } },
    };
    const { statusCode, headers, body } = await request(`${cloud.url('keystone')}/v3/auth/tokens`, {
      dispatcher: agent,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth }),
    });
    await body.dump();
    const token = headers['x-subject-token'];
    if (statusCode !== 201 || typeof token !== 'string') throw new Error(`login of ${account}: status ${statusCode}`);
    return new Api(cloud, token);
  }

  /** @throws Error with the answer's body when the status is not of the 2xx kind. */
  async call<T>(daemon: HttpDaemon, method: 'GET' | 'POST' | 'DELETE', path: string, content?: unknown): Promise<T> {
    const { statusCode, body } = await request(`${this.#cloud.url(daemon)}${path}`, {
      dispatcher: agent,
      method,
      headers: { 'x-auth-token': this.token, 'content-type': 'application/json' },
      body: content === undefined ? null : JSON.stringify(content),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${method} ${path}: status ${statusCode}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** A request that makes the smallest server on the private network. */
  async smallServer(name: string): Promise<{ server: Record<string, unknown> }> {
    const { images } = await this.call<{ images: { id: string }[] }>('glance-api', 'GET', '/v2/images?name=kumo-guest');
    const { networks } = await this.call<{ networks: { id: string }[] }>(
      'neutron-server',
      'GET',
      '/v2.0/networks?name=private',
    );
    const { flavors } = await this.call<{ flavors: { id: string; name: string }[] }>(
      'nova-api',
      'GET',
      '/v2.1/flavors',
    );
    const flavor = flavors.find((candidate) => candidate.name === 'm1.nano');
    if (!images[0] || !networks[0] || !flavor) throw new Error('the first image, network or flavor is not there');
    return { server: { name, imageRef: images[0].id, flavorRef: flavor.id, networks: [{ uuid: networks[0].id }] } };
  }

  async createServer(body: unknown): Promise<string> {
    return (await this.call<{ server: { id: string } }>('nova-api', 'POST', '/v2.1/servers', body)).server.id;
  }

  async listServers(): Promise<Server[]> {
    return (await this.call<{ servers: Server[] }>('nova-api', 'GET', '/v2.1/servers/detail?limit=1000')).servers;
  }

  /** Asks every `everyMs` until the server is ACTIVE. */
  async untilActive(id: string, everyMs: number): Promise<void> {
    for (;;) {
      const { server } = await this.call<{ server: Server }>('nova-api', 'GET', `/v2.1/servers/${id}`);
      if (server.status === 'ACTIVE') return;
      if (server.status === 'ERROR') throw new Error(`server ${id} went to ERROR: ${JSON.stringify(server)}`);
      await sleep(everyMs);
    }
  }

  /** Deletes all servers and waits until they are gone. */
  async deleteAllServers(): Promise<void> {
    for (const { id } of await this.listServers()) await this.call('nova-api', 'DELETE', `/v2.1/servers/${id}`);
    while ((await this.listServers()).length > 0) await sleep(50);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
