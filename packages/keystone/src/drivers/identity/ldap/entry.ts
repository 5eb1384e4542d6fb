import type { SearchEntry } from 'ldapts';

/** What a search found: attributes by their names in small letters, for names of attributes have no case. */
export interface Entry {
  readonly dn: string;
  readonly attributes: ReadonlyMap<string, readonly Buffer[]>;
}

const GUID_BYTES = 16;
const utf8 = new TextDecoder('utf-8', { fatal: true });

export function entryOf(found: SearchEntry): Entry {
  const attributes = new Map(found.attributes.map((one) => [one.type.toLowerCase(), one.parsedBuffers]));
  return { dn: found.name, attributes };
}

/** All of an attribute's values as text; those that are none are left out. */
export function textsOf(entry: Entry, attribute: string): string[] {
  const values = entry.attributes.get(attribute.toLowerCase()) ?? [];
  return values.map(textOf).filter((value) => value !== undefined);
}

/** The first value as text; undefined when there is none. */
export function firstText(entry: Entry, attribute: string | undefined): string | undefined {
  if (attribute === undefined) return undefined;
  const [value] = entry.attributes.get(attribute.toLowerCase()) ?? [];
  return value && textOf(value);
}

/** A value of 16 bytes that is no text is a GUID as Active Directory stores its objectGUID. */
function textOf(value: Buffer): string | undefined {
  try {
    return utf8.decode(value);
  } catch {
    return value.length === GUID_BYTES ? guidText(value) : undefined;
  }
}

function guidText(bytes: Buffer): string {
  const swapped = Buffer.from(bytes);
  swapped.subarray(0, 4).reverse();
  swapped.subarray(4, 6).reverse();
  swapped.subarray(6, 8).reverse();
  return swapped.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The bytes of a GUID's text in that order; undefined when the text is no GUID. */
export function guidBytes(text: string): Buffer | undefined {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return undefined;
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
