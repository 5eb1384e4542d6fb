/**
 * Writes docs/core.md from core's sources: of each folder the comment at the head of its `index.ts`, and a line for everything
 * that it exports, the first sentence of its doc comment. `--check`: only says whether the page is up to date.
 */
import { globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CORE = join(ROOT, 'packages/core/src');
const PAGE = join(ROOT, 'docs/core.md');
const HEAD = `# core: what every service stands on

Written by \`node packages/openstack/scripts/core-page.ts\` from the sources: mend the comments there. \`@kumo/core/<folder>\` exports what is listed
below it. Functions, not base classes. \`core/src/testing\` is imported by file, from tests only.
`;

interface Exported {
  readonly name: string;
  readonly file: string;
  /** The first sentence of its doc comment; undefined without one. */
  readonly says: string | undefined;
}

/** The comment at a file's head; one that is followed by a declaration at once is that declaration's. */
const HEADER = /^(\/\*\*\n[\s\S]*?\*\/)\n\n/;
const EXPORT_FROM = /^export (?:type )?\{([^}]*)\} from '(\.[^']+)';/gm;
const EXPORT_ALL = /^export \* from '(\.[^']+)';/gm;
const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|enum) (\w+)/gm;

function exportsOf(file: string): Exported[] {
  const source = readFileSync(file, 'utf8');
  const own = [...source.matchAll(DECLARATION)].map(([, name]) => declared(file, source, name!));
  const taken = [...source.matchAll(EXPORT_FROM)].flatMap(([, names, from]) =>
    names!
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter(Boolean)
      .map((name) => found(join(dirname(file), from!), name)),
  );
  const all = [...source.matchAll(EXPORT_ALL)].flatMap(([, from]) => exportsOf(join(dirname(file), from!)));
  // Overloads and types of the same name as a value are one.
  return [...new Map([...own, ...taken, ...all].map((one) => [one.name, one])).values()];
}

/** `a as b` is described where `a` is declared. */
function found(file: string, text: string): Exported {
  const [name = '', alias = name] = text.split(' as ');
  const one = exportsOf(file).find((each) => each.name === name);
  if (!one) throw new Error(`${relative(ROOT, file)} does not export ${name}`);
  return { ...one, name: alias };
}

function declared(file: string, source: string, name: string): Exported {
  const at = source.search(
    new RegExp(
      `^export (?:declare )?(?:abstract )?(?:async )?(?:function\\*?|class|interface|type|const|enum) ${name}\\b`,
      'm',
    ),
  );
  const before = source.slice(0, at);
  const comment = before.endsWith('*/\n') ? before.slice(before.lastIndexOf('/*')) : undefined;
  return { name, file, says: comment?.startsWith('/**') ? firstSentence(textOf(comment)) : undefined };
}

/** A comment without its stars. */
function textOf(comment: string): string {
  return comment
    .replace(/^\/\*\*[ \t]?/, '')
    .replace(/\s*\*\/\s*$/, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .trim();
}

function firstSentence(text: string): string {
  const [paragraph = ''] = text.split(/\n\s*\n|\n(?=@)/, 1);
  const flat = paragraph.replace(/\s+/g, ' ');
  return /^.*?[^.][.!?](?=\s+[A-Z@`]|$)/.exec(flat)?.[0] ?? flat;
}

function sectionOf(folder: string): string {
  const index = join(CORE, folder, 'index.ts');
  const isByFile = folder === 'testing';
  const files = isByFile
    ? globSync('*.ts', { cwd: join(CORE, folder) }).map((name) => join(CORE, folder, name))
    : [index];
  const head = isByFile ? undefined : HEADER.exec(readFileSync(index, 'utf8'))?.[1];
  const all = files.flatMap(exportsOf).toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  const lines = all
    .filter(({ says }) => says)
    .map(({ name, file, says }) => {
      const where = isByFile ? ` (\`${relative(join(CORE, folder), file)}\`)` : '';
      return `- \`${name}\`${where}: ${says}`;
    });
  const rest = all.filter(({ says }) => !says).map(({ name }) => `\`${name}\``);
  return [
    `## ${folder}`,
    ...(head ? ['', textOf(head)] : []),
    '',
    ...lines,
    ...(rest.length > 0 ? [`- also ${rest.join(', ')}`] : []),
    '',
  ].join('\n');
}

const folders = readdirSync(CORE, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const page = `${HEAD}\n${folders
  .map(({ name }) => name)
  .toSorted()
  .map(sectionOf)
  .join('\n')}`;
if (!process.argv.includes('--check')) writeFileSync(PAGE, page);
else if (readFileSync(PAGE, 'utf8') !== page) {
  process.stderr.write('docs/core.md is not what the sources say: run node packages/openstack/scripts/core-page.ts\n');
  process.exitCode = 1;
}
