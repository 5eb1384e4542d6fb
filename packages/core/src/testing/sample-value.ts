/** The parts of JSON Schema that contracts use. */
export interface Schema {
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  type?: string | string[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  minProperties?: number;
  minimum?: number;
  minLength?: number;
  format?: string;
  pattern?: string;
}

export const UNKNOWN = '6b1e2f60-0000-4000-8000-00000000dead';
const ADDRESSES: Readonly<Record<string, string>> = { ipv4: '10.0.0.1', cidr: '10.0.0.0/24', mac: 'fa:16:3e:00:00:01' };

/** A smallest value that a schema takes, so that not its form decides what is answered. */
export function sample(schema: Schema | undefined): unknown {
  if (!schema) return 'x';
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sample(schema.anyOf[0]);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object') return sampleObject(schema);
  if (type === 'array') return schema.minItems ? [sample(schema.items)] : [];
  if (type === 'integer' || type === 'number') return Math.max(schema.minimum ?? 1, 1);
  if (type === 'boolean') return false;
  if (type === 'null') return null;
  return sampleText(schema);
}

function sampleObject({ properties = {}, patternProperties = {}, required = [], minProperties }: Schema): object {
  const free = Object.values(patternProperties)[0];
  const names = required.length > 0 || !minProperties ? required : Object.keys(properties).slice(0, 1);
  if (names.length === 0 && minProperties && free) return { secretkey: sample(free) };
  return Object.fromEntries(names.map((name) => [name, sample(properties[name])]));
}

/** Texts of the forms that contracts ask for; the first that fits is taken. */
const TEXTS = [
  'x',
  UNKNOWN,
  UNKNOWN.replaceAll('-', ''),
  'http://x/',
  'CUSTOM_X',
  '1',
  '{}',
  '2100-01-01T00:00:00Z',
  'GET',
  '/x',
];

function sampleText({ format, pattern, minLength = 1 }: Schema): string {
  if (format === 'uuid' || pattern?.includes('0-9a-f')) return UNKNOWN;
  const address = ADDRESSES[format ?? ''];
  if (address) return address;
  const fits = (text: string) => text.length >= minLength && (!pattern || new RegExp(pattern, 'u').test(text));
  return TEXTS.find(fits) ?? 'x'.repeat(Math.max(1, minLength));
}
