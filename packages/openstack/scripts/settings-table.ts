/** Writes the table of settings in docs/operating.md from the schema. `--check`: only says whether it is up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KumoConfig } from '../src/config/schema.ts';

interface Setting {
  type?: string | string[];
  properties?: Record<string, Setting>;
  patternProperties?: Record<string, Setting>;
  anyOf?: Setting[];
  enum?: unknown[];
  const?: unknown;
  items?: Setting;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  description?: string;
}

const FILE = fileURLToPath(new URL('../../../docs/operating.md', import.meta.url));
const BEGIN = '<!-- settings: written by packages/openstack/scripts/settings-table.ts -->';
const END = '<!-- end of settings -->';
/** Defaults that depend on the machine. */
const LOCAL: Readonly<Record<string, string>> = {
  stateDir: '`KUMO_STATE`, else `/var/lib/kumo` for root, else `~/.local/state/kumo`',
  host: "the machine's name",
};

function rowsOf(setting: Setting, path: string): string[][] {
  if (!setting.properties)
    return [[`\`${path}\``, kindOf(setting), LOCAL[path] ?? defaultOf(setting), setting.description ?? '']];
  const below = Object.entries(setting.properties);
  const [first] = below;
  // Sections with one entry per daemon take one row.
  if (
    below.length > 3 &&
    below.every(([, inner]) => !inner.properties && JSON.stringify(inner) === JSON.stringify(first![1]))
  )
    return [
      [
        `\`${path}.<name>\``,
        kindOf(first![1]),
        defaultOf(first![1]),
        `${setting.description} \`<name>\` is one of ${below.map(([name]) => `\`${name}\``).join(', ')}.`,
      ],
    ];
  return below.flatMap(([name, inner]) => rowsOf(inner, path ? `${path}.${name}` : name));
}

function kindOf({
  type,
  anyOf,
  enum: values,
  const: value,
  items,
  patternProperties,
  minimum,
  maximum,
}: Setting): string {
  if (values) return values.map((each) => `\`${each}\``).join(', ');
  if (value !== undefined) return `\`${value}\``;
  if (anyOf) return anyOf.map(kindOf).join(', ');
  if (items) return `list of ${kindOf(items)}`;
  if (patternProperties) return `name: ${Object.values(patternProperties).map(kindOf).join(', ')}`;
  if (minimum === undefined) return String(type);
  return maximum === undefined ? `${type}, ${minimum} or more` : `${type}, ${minimum} to ${maximum}`;
}

function defaultOf({ default: value }: Setting): string {
  if (value === undefined) return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const header = ['setting', 'kind', 'default', 'meaning'];
const rows = [header, header.map(() => '---'), ...rowsOf(KumoConfig as Setting, '')];
const table = rows
  .map((row) => `| ${row.map((text) => (text.includes('`') ? text.replaceAll('|', '\\|') : cell(text))).join(' | ')} |`)
  .join('\n');
const current = readFileSync(FILE, 'utf8');
const begin = current.indexOf(BEGIN);
const end = current.indexOf(END);
if (begin < 0 || end < begin) throw new Error(`${FILE} has no place for the table: ${BEGIN} … ${END}`);
const next = `${current.slice(0, begin)}${BEGIN}\n\n${table}\n\n${current.slice(end)}`;
if (process.argv.includes('--check')) {
  if (next === current) process.exit(0);
  console.error(
    'docs/operating.md does not have the settings of the schema: run node packages/openstack/scripts/settings-table.ts',
  );
  process.exit(1);
}
writeFileSync(FILE, next);
