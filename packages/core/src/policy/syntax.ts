/** A policy rule as a tree. Texts hold literal parts and `%(key)s` fields. */
export type Check =
  | { readonly type: 'always'; readonly value: boolean }
  | { readonly type: 'and' | 'or'; readonly checks: readonly Check[] }
  | { readonly type: 'not'; readonly check: Check }
  | { readonly type: 'rule'; readonly name: string }
  | { readonly type: 'role'; readonly match: Template }
  | { readonly type: 'literal'; readonly text: string; readonly match: Template }
  | { readonly type: 'credential'; readonly path: readonly string[]; readonly match: Template }
  | { readonly type: 'field'; readonly field: string; readonly value: string; readonly pattern?: RegExp };

/** `'a%(b)sc'` is `['a', {key: 'b'}, 'c']`. */
export type Template = readonly (string | { readonly key: string })[];

/** A check string, or the older list form: the outer list is joined by `or`, inner lists by `and`. */
export type CheckSource = string | readonly (string | readonly string[])[];

/** Where in the text a rule is wrong; `PolicyError` adds the rule's name. */
export class CheckSyntaxError extends Error {
  readonly position: number;
  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

interface Token {
  readonly type: '(' | ')' | 'and' | 'or' | 'not' | 'check';
  readonly text: string;
  readonly position: number;
}

/**
 * Parses oslo.policy's language. `not` binds tighter than `and`, `and` tighter than `or`; words are case-insensitive;
 * an empty string (or list) is always true. Throws CheckSyntaxError where oslo.policy would log and deny.
 */
export function parseCheck(source: CheckSource): Check {
  if (typeof source !== 'string') return parseList(source);
  if (source === '') return { type: 'always', value: true };
  return new Parser(tokenize(source), source.length).parse();
}

function parseList(source: readonly (string | readonly string[])[]): Check {
  if (source.length === 0) return { type: 'always', value: true };
  const alternatives = source
    .map((inner) => (typeof inner === 'string' ? [inner] : inner))
    .filter((inner) => inner.length > 0 && inner[0] !== '')
    .map((inner) =>
      join(
        'and',
        inner.map((text) => parseAtom(text, 0)),
      ),
    );
  if (alternatives.length === 0) return { type: 'always', value: false };
  return join('or', alternatives);
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  for (const word of source.matchAll(/\S+/g)) {
    let start = word.index;
    let end = start + word[0].length;
    for (; start < end && source[start] === '('; start++) tokens.push({ type: '(', text: '(', position: start });
    const closing: Token[] = [];
    for (; end > start && source[end - 1] === ')'; end--) closing.unshift({ type: ')', text: ')', position: end - 1 });
    const text = source.slice(start, end);
    if (text) tokens.push({ type: wordType(text), text, position: start });
    tokens.push(...closing);
  }
  return tokens;
}

function wordType(text: string): Token['type'] {
  const lower = text.toLowerCase();
  return lower === 'and' || lower === 'or' || lower === 'not' ? lower : 'check';
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #next = 0;

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens;
    this.#end = end;
  }

  parse(): Check {
    const check = this.#chain('or', () => this.#chain('and', () => this.#operand()));
    const rest = this.#tokens[this.#next];
    if (rest) throw new CheckSyntaxError(`unexpected ${rest.text}`, rest.position);
    return check;
  }

  #chain(operator: 'and' | 'or', operand: () => Check): Check {
    const checks = [operand()];
    while (this.#take(operator)) checks.push(operand());
    return join(operator, checks);
  }

  #operand(): Check {
    if (this.#take('not')) return { type: 'not', check: this.#operand() };
    const open = this.#take('(');
    if (open) {
      const check = this.#chain('or', () => this.#chain('and', () => this.#operand()));
      if (!this.#take(')')) throw new CheckSyntaxError('this parenthesis is never closed', open.position);
      return check;
    }
    const token = this.#take('check');
    if (token) return parseAtom(token.text, token.position);
    const found = this.#tokens[this.#next];
    throw new CheckSyntaxError(
      `a check was expected here, not ${found?.text ?? 'the end'}`,
      found?.position ?? this.#end,
    );
  }

  #take(type: Token['type']): Token | undefined {
    const token = this.#tokens[this.#next];
    if (token?.type !== type) return undefined;
    this.#next++;
    return token;
  }
}

function join(type: 'and' | 'or', checks: readonly Check[]): Check {
  return checks.length === 1 ? checks[0]! : { type, checks };
}

function parseAtom(text: string, position: number): Check {
  if (text === '@') return { type: 'always', value: true };
  if (text === '!') return { type: 'always', value: false };
  if (/^(['"]).*\1$/s.test(text) && text.length > 1)
    throw new CheckSyntaxError('a quoted text alone is no check', position);
  const colon = text.indexOf(':');
  if (colon < 1) throw new CheckSyntaxError(`${text} is no check (kind:match)`, position);
  const kind = text.slice(0, colon);
  const rest = text.slice(colon + 1);
  const matchAt = position + colon + 1;
  if (kind === 'rule') return { type: 'rule', name: rest };
  if (kind === 'http' || kind === 'https')
    throw new CheckSyntaxError(
      `${kind}: checks are not supported, because no decision waits for another server`,
      position,
    );
  if (kind === 'field') return parseField(rest, matchAt);
  const match = parseTemplate(rest, matchAt);
  if (kind === 'role') return { type: 'role', match };
  const literal = parseLiteral(kind);
  if (literal !== undefined) return { type: 'literal', text: literal, match };
  return { type: 'credential', path: kind.split('.'), match };
}

/** Python's literals, as `str()` prints them: that is what the other side is compared with. */
function parseLiteral(kind: string): string | undefined {
  const quoted = /^(['"])(.*)\1$/s.exec(kind);
  if (quoted) return quoted[2];
  if (kind === 'True' || kind === 'False' || kind === 'None') return kind;
  return /^-?\d+(\.\d+)?$/.test(kind) ? kind : undefined;
}

/** Neutron's `field:networks:shared=True` and `field:port:device_owner=~^network:`: an attribute of the target itself. */
function parseField(text: string, position: number): Check {
  const parts = /^[^:]+:([^=]+)=(.*)$/s.exec(text);
  if (!parts) throw new CheckSyntaxError('a field check looks like field:resource:name=value', position);
  const [, field, value] = parts as unknown as [string, string, string];
  if (!value.startsWith('~')) return { type: 'field', field, value };
  try {
    return { type: 'field', field, value, pattern: new RegExp(`^(?:${value.slice(1)})`) };
  } catch (cause) {
    throw new CheckSyntaxError(`${value.slice(1)} is no regular expression (${(cause as Error).message})`, position);
  }
}

function parseTemplate(text: string, position: number): Template {
  const parts: (string | { key: string })[] = [];
  let literal = '';
  for (let i = 0; i < text.length; ) {
    if (text[i] !== '%') {
      literal += text[i++];
      continue;
    }
    const field = /^%(?:\(([^)]+)\)s|%)/.exec(text.slice(i));
    if (!field) throw new CheckSyntaxError('% begins a field like %(project_id)s', position + i);
    if (field[1] === undefined) literal += '%';
    else {
      if (literal) parts.push(literal);
      literal = '';
      parts.push({ key: field[1] });
    }
    i += field[0].length;
  }
  if (literal) parts.push(literal);
  return parts;
}
