/**
 * Assembles `changes/*.md` into CHANGELOG.md. `--check`: only says whether that is up to date (exit code 1 when it is not).
 * `--release VERSION`: the fragments become a section of their own and are removed.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const file = join(root, 'CHANGELOG.md');
const directory = join(root, 'changes');
const HEAD = '# Changelog\n';
const UNRELEASED = '## Not released yet';
const KINDS = ['added', 'changed', 'fixed', 'security'] as const;

const { values } = parseArgs({ options: { check: { type: 'boolean' }, release: { type: 'string' } } });
const names = readdirSync(directory)
  .filter((name) => /^\d{4}-[a-z0-9-]+\.md$/.test(name))
  .sort();
const title = values.release ? `## ${values.release} (${new Date().toISOString().slice(0, 10)})` : UNRELEASED;
const current = readFileSync(file, { encoding: 'utf8', flag: 'a+' });
const section = sectionOf(title, names.map(readFragment));
const assembled = [HEAD, ...(section ? [section] : []), ...releasesOf(current)].join('\n');
if (values.check) {
  if (assembled === current) process.exit(0);
  console.error('CHANGELOG.md is not what changes/ says: run node packages/openstack/scripts/changelog.ts');
  process.exit(1);
}
writeFileSync(file, assembled);
if (values.release) for (const name of names) rmSync(join(directory, name));

interface Fragment {
  kind: (typeof KINDS)[number];
  text: string;
}

function readFragment(name: string): Fragment {
  const match = /^kind: (\w+)\n\n([\s\S]+)$/.exec(readFileSync(join(directory, name), 'utf8'));
  const kind = KINDS.find((known) => known === match?.[1]);
  if (!match || !kind)
    throw new Error(`changes/${name} must begin with 'kind: ${KINDS.join(' | ')}' and an empty line`);
  return { kind, text: match[2]!.trim().replaceAll('\n', '\n  ') };
}

/** Undefined when there is nothing to tell. */
function sectionOf(heading: string, fragments: readonly Fragment[]): string | undefined {
  if (fragments.length === 0) return undefined;
  const parts = KINDS.flatMap((kind) => {
    const items = fragments.filter((fragment) => fragment.kind === kind).map(({ text }) => `- ${text}`);
    return items.length > 0 ? [`### ${kind[0]!.toUpperCase()}${kind.slice(1)}\n\n${items.join('\n')}\n`] : [];
  });
  return `${heading}\n\n${parts.join('\n')}`;
}

/** The sections of earlier releases, as they stand. */
function releasesOf(text: string): string[] {
  return text
    .split(/^(?=## )/m)
    .filter((part) => part.startsWith('## ') && !part.startsWith(UNRELEASED))
    .map((part) => `${part.trimEnd()}\n`);
}
