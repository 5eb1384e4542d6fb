import type { Remote, RemoteAnswer } from './remote.ts';

export interface Step {
  readonly what: string;
  readonly status: number;
  readonly body: unknown;
}

interface Call {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** What a Keystone answers to one request after the other, in words that do not depend on which Keystone it is. */
export class StepLog {
  readonly steps: Step[] = [];
  readonly remote: Remote;
  readonly #names = new Map<string, string>();

  constructor(remote: Remote) {
    this.remote = remote;
  }

  /** An id that is to be told apart from others; others are all the same. */
  name(id: string | undefined, name: string): void {
    if (id !== undefined) this.#names.set(id, name);
  }

  async step(what: string, method: string, path: string, call: Call = {}): Promise<RemoteAnswer> {
    const answer = await this.remote.call(method, path, call);
    this.steps.push({ what: `${what}: ${method}`, status: answer.status, body: this.#neutral(answer.body) });
    return answer;
  }

  async auth(what: string, identity: object, scope?: unknown): Promise<RemoteAnswer> {
    const body = { auth: { identity, ...(scope === undefined ? {} : { scope }) } };
    return this.step(`log in, ${what}`, 'POST', '/v3/auth/tokens?nocatalog', { body });
  }

  /** Errors by their code, ids by their names, links without the host, lists in any order. */
  #neutral(body: unknown): unknown {
    let text = JSON.stringify(body) ?? 'null';
    text = text.replaceAll(this.remote.url, '');
    for (const [id, name] of this.#names) text = text.replaceAll(id, `<${name}>`);
    return ordered(JSON.parse(text.replaceAll(/[0-9a-f]{32}/g, '<id>')));
  }
}

/** What differs from one answer of the same Keystone to the next, or is known to differ. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  message: 'the words of errors',
  audit_ids: 'random',
  issued_at: 'the time',
  secret: 'random',
  identity: 'the real one adds an empty one to errors of login methods',
  // The real one's lead nowhere: `/v3/<trust>/roles`, `/v3/application_credentials/<id>`.
  roles_links: 'the real one leads nowhere',
  self: 'the real ones of application credentials and access rules lead nowhere',
  // The real one says null for what was not given.
  unrestricted: 'null or false',
  // Whole roles in the real one's trust tokens.
  description: 'whole roles',
  domain_id: 'whole roles',
  options: 'whole roles',
};

function ordered(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(ordered).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => LEFT_OUT[key] === undefined);
  // A token's end is a time of its own run; a trust's is the one that it was given.
  return Object.fromEntries(
    kept
      .map(
        ([key, one]) =>
          [key, key === 'expires_at' && !String(one).startsWith('2199') ? typeof one : ordered(one)] as const,
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
