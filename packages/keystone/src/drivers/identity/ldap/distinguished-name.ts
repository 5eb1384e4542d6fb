/** One attribute and its value in a relative distinguished name, e.g. `cn=Ann`. */
export interface NamePart {
  readonly attribute: string;
  readonly value: string;
}

/** A distinguished name, the entry's own part first; a part has several attributes when it is written `cn=a+sn=b`. */
export type DistinguishedName = readonly (readonly NamePart[])[];

/** Reads RFC 4514's text, and the `;` and quotes of older ones. Undefined when it is none. */
export function parseDn(text: string): DistinguishedName | undefined {
  if (text.trim() === '') return [];
  const parts: NamePart[][] = [[]];
  let at = 0;
  for (;;) {
    const equals = text.indexOf('=', at);
    const attribute = equals < 0 ? '' : text.slice(at, equals).trim();
    if (!/^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)$/.test(attribute)) return undefined;
    const read = readValue(text, equals + 1);
    if (!read) return undefined;
    parts.at(-1)?.push({ attribute, value: read.value });
    if (read.end === text.length) return parts;
    if (text[read.end] !== '+') parts.push([]);
    at = read.end + 1;
  }
}

/** One text for all the ways to write a name, for comparing: case and runs of spaces do not count (RFC 4518). */
export function normalDn(dn: DistinguishedName | string): string {
  const parts = typeof dn === 'string' ? parseDn(dn) : dn;
  // What is no name is equal to itself only.
  if (!parts) return `!${dn}`;
  return parts.map((part) => part.map(normalPart).toSorted().join('+')).join(',');
}

/** Whether an entry of this name is somewhere below the other one. */
export function isBelow(dn: string, base: string): boolean {
  const [below, above] = [parseDn(dn), parseDn(base)];
  if (!below || !above || below.length <= above.length) return false;
  return normalDn(below.slice(below.length - above.length)) === normalDn(above);
}

function normalPart({ attribute, value }: NamePart): string {
  const plain = value.trim().replaceAll(/\s+/g, ' ').toLowerCase();
  return `${attribute.toLowerCase()}=${JSON.stringify(plain)}`;
}

/** A value up to its separator. */
function readValue(text: string, from: number): { value: string; end: number } | undefined {
  let at = from;
  while (text[at] === ' ') at += 1;
  if (text[at] === '"') return readQuoted(text, at + 1);
  const bytes: Buffer[] = [];
  // Spaces at the end belong to it only when they are escaped.
  let kept = 0;
  while (at < text.length && !',;+'.includes(text[at] as string)) {
    const escaped = text[at] === '\\' ? readEscape(text, at) : undefined;
    if (text[at] === '\\' && !escaped) return undefined;
    const character = String.fromCodePoint(text.codePointAt(at) as number);
    bytes.push(escaped?.bytes ?? Buffer.from(character));
    at = escaped?.end ?? at + character.length;
    if (escaped || character !== ' ') kept = bytes.length;
  }
  return { value: Buffer.concat(bytes.slice(0, kept)).toString('utf8'), end: at };
}

function readQuoted(text: string, from: number): { value: string; end: number } | undefined {
  const bytes: Buffer[] = [];
  let at = from;
  while (at < text.length && text[at] !== '"') {
    const escaped = text[at] === '\\' ? readEscape(text, at) : undefined;
    if (text[at] === '\\' && !escaped) return undefined;
    const character = String.fromCodePoint(text.codePointAt(at) as number);
    bytes.push(escaped?.bytes ?? Buffer.from(character));
    at = escaped?.end ?? at + character.length;
  }
  if (text[at] !== '"') return undefined;
  at += 1;
  while (text[at] === ' ') at += 1;
  if (at < text.length && !',;+'.includes(text[at] as string)) return undefined;
  return { value: Buffer.concat(bytes).toString('utf8'), end: at };
}

/** `\2C` is a byte, `\,` the character itself. */
function readEscape(text: string, at: number): { bytes: Buffer; end: number } | undefined {
  const hex = text.slice(at + 1, at + 3);
  if (/^[0-9a-f]{2}$/i.test(hex)) return { bytes: Buffer.from(hex, 'hex'), end: at + 3 };
  const code = text.codePointAt(at + 1);
  if (code === undefined) return undefined;
  const character = String.fromCodePoint(code);
  return { bytes: Buffer.from(character), end: at + 1 + character.length };
}
