/**
 * Writes what real OpenStack passes of Tempest, by area, from the file of such a run (`{test id: {status, …}}`):
 *
 *     node packages/e2e/scripts/tempest-floors.ts ../shared/conformance/tempest-zed.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AREAS } from '../tempest/areas.ts';

const [file] = process.argv.slice(2);
if (!file) {
  process.stderr.write('usage: tempest-floors.ts FILE\n');
  process.exit(2);
}
const tests = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { status: string }>;
for (const [name, { tests: pattern }] of Object.entries(AREAS)) {
  const own = Object.entries(tests).filter(([id]) => new RegExp(pattern).test(id));
  const lines = own.map(([id, { status }]) => `${status} ${id}\n`).sort();
  writeFileSync(fileURLToPath(new URL(`../tempest/floor/${name}.txt`, import.meta.url)), lines.join(''));
  process.stdout.write(`${name}: ${own.length} tests\n`);
}
