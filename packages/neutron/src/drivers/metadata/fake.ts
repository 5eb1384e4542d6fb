import type { MetadataDriver, MetadataHandler, MetadataPlace, MetadataReply, MetadataRequest } from './driver.ts';

/** Without sockets: `ask` plays a guest. */
export class FakeMetadataDriver implements MetadataDriver {
  readonly #handler: MetadataHandler;
  #places = new Map<string, MetadataPlace>();

  constructor(options: { handler: MetadataHandler }) {
    this.#handler = options.handler;
  }

  async sync(places: readonly MetadataPlace[]): Promise<void> {
    this.#places = new Map(places.map((place) => [place.namespace, place]));
  }

  async report(): Promise<{ namespace: string }[]> {
    return [...this.#places.keys()].map((namespace) => ({ namespace }));
  }

  async close(): Promise<void> {
    this.#places.clear();
  }

  /** What a guest at `clientIp` gets; undefined when nothing listens in the namespace. */
  async ask(namespace: string, clientIp: string, path: string): Promise<MetadataReply | undefined> {
    const place = this.#places.get(namespace);
    if (!place) return undefined;
    const { routerId, networkId } = place;
    const request: MetadataRequest = {
      clientIp,
      routerId,
      networkId,
      method: 'GET',
      path,
      headers: {},
      body: Buffer.alloc(0),
    };
    return this.#handler(request);
  }
}
