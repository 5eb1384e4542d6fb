/** `npm run check`: types, lint and format, architecture, the pages that are written from the sources. Prints each failing part and exits 1 when there is any. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const parts: [string, string[]][] = [
  ['types', [`${root}node_modules/.bin/tsc`, '-p', root]],
  ['lint and format', [`${root}node_modules/.bin/biome`, 'check', '--error-on-warnings', root]],
  [
    'architecture',
    [
      process.execPath,
      ...['--test', '--test-reporter=dot'],
      ...['architecture', 'ownership'].map((name) => `${root}packages/openstack/test/${name}.test.ts`),
    ],
  ],
  ...['settings-table', 'core-page'].map((name): [string, string[]] => [
    `${name}.ts`,
    [process.execPath, '--no-maglev', `${root}packages/openstack/scripts/${name}.ts`, '--check'],
  ]),
];
let failed = false;
for (const [name, [program, ...args]] of parts as [string, [string, ...string[]]][]) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (status === 0) continue;
  failed = true;
  console.error(`check: ${name} failed`);
}
process.exit(failed ? 1 : 0);
