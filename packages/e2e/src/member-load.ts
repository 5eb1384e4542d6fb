import type { Api, Reply, ServiceName } from './api.ts';

/** One kind of thing that the load makes, and takes away again where that is done when it is answered. */
export interface LoadKind {
  readonly service: ServiceName;
  readonly path: string;
  readonly body: (name: string) => unknown;
  readonly idOf: (json: never) => string;
  /** Where a deletion is asynchronous, nothing is deleted and each worker makes so many at most. */
  readonly most?: number;
}

/** What was answered, and when. */
export interface Answered {
  readonly kind: string;
  readonly status: number;
  readonly isRead: boolean;
  readonly atMs: number;
  readonly text: string;
}

/** Members who go on making, deleting and reading, and remember what they were answered. */
export class MemberLoad {
  readonly answers: Answered[] = [];
  /** Requests without an answer. */
  readonly broken: unknown[] = [];
  /** Where everything is that was answered to be there, and that was answered to be gone. */
  readonly there = new Map<string, { kind: string; service: ServiceName }>();
  readonly gone = new Map<string, ServiceName>();
  readonly #api: Api;
  readonly #kinds: Readonly<Record<string, LoadKind>>;
  #isOver = false;
  readonly #workers: Promise<void>[];

  constructor(api: Api, kinds: Readonly<Record<string, LoadKind>>, workers: number) {
    this.#api = api;
    this.#kinds = kinds;
    const names = Object.keys(kinds);
    this.#workers = Array.from({ length: workers }, (_, i) => this.#work(names[i % names.length]!, `load-${i}`));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#workers);
  }

  async #work(kind: string, name: string): Promise<void> {
    const { service, path, body, idOf, most = Number.POSITIVE_INFINITY } = this.#kinds[kind]!;
    const own: string[] = [];
    for (let count = 0, made = 0; !this.#isOver; count++) {
      const step = count % 3;
      if (step === 0 && made < most) {
        const reply = await this.#ask(kind, service, 'POST', path, { body: body(`${name}-${count}`) });
        if (reply === undefined || reply.status >= 300) continue;
        made += 1;
        const place = `${path}/${idOf(reply.json as never)}`;
        own.push(place);
        this.there.set(place, { kind, service });
      } else if (step === 1 && most === Number.POSITIVE_INFINITY && own.length > 4) {
        const place = own.shift()!;
        // Until it is answered nobody knows.
        const known = this.there.get(place)!;
        this.there.delete(place);
        const reply = await this.#ask(kind, service, 'DELETE', place);
        if (reply === undefined) continue;
        if (reply.status < 300) this.gone.set(place, service);
        else this.there.set(place, known);
      } else await this.#ask(kind, service, 'GET', path);
    }
  }

  async #ask(kind: string, service: ServiceName, method: string, path: string, options: { body?: unknown } = {}) {
    let reply: Reply;
    try {
      reply = await this.#api.request(service, method, path, options);
    } catch (error) {
      this.broken.push(error);
      return undefined;
    }
    const { status, text } = reply;
    const isRead = method === 'GET';
    this.answers.push({ kind, status, isRead, atMs: performance.now(), text: status < 400 ? '' : text });
    return reply;
  }
}
