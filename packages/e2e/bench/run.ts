/**
 * `npm run bench [-- SECTION…] [--json]`: starts clouds as people do and measures what they have to wait for.
 * A section that fails is named, the others still run; the exit code is 1 then. A missed target is shown, no failure.
 */
import { parseArgs } from 'node:util';
import { type Figure, resultOf, type Section } from './figures.ts';
import { reportText } from './report.ts';
import { boot } from './sections/boot.ts';
import { detail } from './sections/detail.ts';
import { hundred } from './sections/hundred.ts';
import { identity } from './sections/identity.ts';
import { memory } from './sections/memory.ts';
import { post } from './sections/post.ts';
import { up } from './sections/up.ts';
import { validate } from './sections/validate.ts';

const SECTIONS: readonly Section[] = [up, memory, post, boot, validate, detail, hundred, identity];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const unknown = positionals.find((name) => !SECTIONS.some((section) => section.name === name));
if (unknown) {
  console.error(`bench: there is no section '${unknown}'; there are ${SECTIONS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const figures: Figure[] = [];
for (const section of SECTIONS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  try {
    figures.push(...(await section.run((line) => console.error(`${section.name}: ${line}`))));
  } catch (error) {
    console.error(`${section.name}: failed:`, error);
    process.exitCode = 1;
  }
}
const results = figures.map(resultOf);
console.log(values.json ? JSON.stringify(results, null, 2) : reportText(results));
