/**
 * OpenStack's security advisories and the tests that repeat them. Facts of ours (advisories.jsonl: id and services of each that
 * applies); that a test asserts the right thing is for its reader to see, that it is there is checked here.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

interface Advisory {
  readonly id: string;
  readonly services: readonly string[];
}

export interface AdvisoryCoverage {
  /** Applicable ids that no test is named after. */
  readonly missing: readonly string[];
  /** Those for which there is but a `todo` with its reason. */
  readonly pending: readonly string[];
}

const FACTS = join(import.meta.dirname, 'advisories.jsonl');
/** A name begins with its advisory; only the first counts where it names several. */
const NAMED_TEST = /\btest(\.todo)?\(\s*[`'"](OSSA-\d{4}-\d{3})(?::|,| and) /g;

/**
 * Which advisories about the services have a test named after them. A `*-suite.ts` counts when a test file beside it imports it.
 * @param services as in the facts: a service's name; `clients` are HTTP clients and the command line, `shared` common libraries,
 * `keystonemiddleware` what checks tokens.
 * @param folders absolute paths of what holds the tests, e.g. a package's.
 * @example assert.deepEqual(advisoryCoverage({ services: ['glance'], folders: [root] }), { missing: [], pending: [] });
 */
export function advisoryCoverage({
  services,
  folders,
}: {
  services: readonly string[];
  folders: readonly string[];
}): AdvisoryCoverage {
  const found = folders.flatMap(namedTests);
  const tested = new Set(found.filter((one) => !one.isPending).map(({ id }) => id));
  const pending = new Set(found.filter((one) => one.isPending).map(({ id }) => id));
  const untested = applicable(services).filter((id) => !tested.has(id));
  return {
    missing: untested.filter((id) => !pending.has(id)),
    pending: untested.filter((id) => pending.has(id)),
  };
}

function applicable(services: readonly string[]): string[] {
  return readFileSync(FACTS, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Advisory)
    .filter((one) => one.services.some((service) => services.includes(service)))
    .map(({ id }) => id);
}

function namedTests(folder: string): { id: string; isPending: boolean }[] {
  const sources = globSync(['**/*.test.ts', '**/*-suite.ts'], { cwd: folder }).map((path) => ({
    name: basename(path),
    text: readFileSync(join(folder, path), 'utf8'),
  }));
  const isRun = ({ name }: { name: string }) =>
    name.endsWith('.test.ts') || sources.some(({ text }) => text.includes(`/${name}'`));
  return sources.filter(isRun).flatMap(({ text }) =>
    [...text.matchAll(NAMED_TEST)].map(({ 1: todo, 2: id = '', index }) => ({
      id,
      isPending: todo !== undefined || /=>|todo:/.exec(text.slice(index))?.[0] === 'todo:',
    })),
  );
}
