/** What an endpoint's URL may have filled in. Nothing else ever is: not a setting, not a secret (OSSA-2014-029). */
const KNOWN = ['tenant_id', 'project_id', 'user_id', 'compute_host', 'public_endpoint'] as const;
type Known = (typeof KNOWN)[number];

export type UrlValues = Readonly<Partial<Record<Known, string>>>;

/** A URL in which `$(project_id)s` and `%(project_id)s` stand for values. */
export class EndpointUrl {
  /** Texts at even places, names of values at odd ones. */
  readonly #pieces: readonly string[];

  private constructor(pieces: readonly string[]) {
    this.#pieces = pieces;
  }

  /** Undefined for a URL that asks for anything but the known values, or is written wrongly. `%%` is a percent sign. */
  static parse(url: string): EndpointUrl | undefined {
    const pieces = [''];
    let at = 0;
    for (const found of url.matchAll(/%%|[$%]\((\w+)\)s|\$\(|%/g)) {
      const [text, name] = found;
      const before = url.slice(at, found.index);
      at = found.index + text.length;
      pieces[pieces.length - 1] += before;
      if (text === '%%') pieces[pieces.length - 1] += '%';
      else if (name !== undefined && isKnown(name)) pieces.push(name, '');
      else return undefined;
    }
    pieces[pieces.length - 1] += url.slice(at);
    return new EndpointUrl(pieces);
  }

  /** The names of the values that it needs. */
  get needs(): readonly string[] {
    return this.#pieces.filter((_, at) => at % 2 === 1);
  }

  /** Undefined when a value is missing, or when nothing is left. */
  fill(values: UrlValues): string | undefined {
    let url = '';
    for (const [at, piece] of this.#pieces.entries()) {
      const text = at % 2 === 0 ? piece : values[piece as Known];
      if (text === undefined) return undefined;
      url += text;
    }
    return url === '' ? undefined : url;
  }
}

function isKnown(name: string): name is Known {
  return KNOWN.some((one) => one === name);
}
