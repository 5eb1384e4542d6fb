import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { program } from '../src/main.ts';
import {
  commandsIn,
  type SaidCommand,
  wrongClientCommand,
  wrongKumoCommand,
  wrongScriptCommand,
} from './document-commands.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const documents = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })];

for (const [script, says] of [
  ['settings-table.ts', 'docs/operating.md lists the settings of the schema'],
  ['core-page.ts', 'docs/core.md says what the comments in core say'],
  ['changelog.ts', 'CHANGELOG.md says what changes/ says'],
] as const) {
  test(says, () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--no-maglev', join(root, 'packages/openstack/scripts', script), '--check'],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
  });
}

test('links between documents lead somewhere', () => {
  const broken = documents.flatMap((document) => {
    const text = readFileSync(join(root, document), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
    return targets
      .filter((target) => !existsSync(join(root, dirname(document), target)))
      .map((target) => `${document}: ${target}`);
  });
  assert.deepEqual(broken, []);
});

test('every decision has a number of its own, and says it', () => {
  const files = globSync('docs/adr/*.md', { cwd: root }).sort();
  const numbers = files.map((file) => file.slice('docs/adr/'.length, 'docs/adr/0000'.length));
  assert.deepEqual(numbers, [...new Set(numbers)]);
  const untitled = files.filter(
    (file, index) => !readFileSync(join(root, file), 'utf8').startsWith(`# ${numbers[index]}`),
  );
  assert.deepEqual(untitled, []);
});

const said = documents.flatMap((document) => commandsIn(document, readFileSync(join(root, document), 'utf8')));
const of = (...programs: string[]) => said.filter(({ words }) => programs.includes(words[0]!));
const line = ({ document, words }: SaidCommand, wrong: string) => `${document}: ${words.join(' ')}: ${wrong}`;

test('commands of kumo in documents are as the program parses them', () => {
  const all = of('./kumo', 'kumo');
  assert.ok(all.length > 40, `${all.length} commands`);
  assert.deepEqual(
    all.flatMap((one) => {
      const wrong = wrongKumoCommand(program, one);
      return wrong ? [line(one, wrong)] : [];
    }),
    [],
  );
});

test('scripts in documents are there, with their options', () => {
  assert.deepEqual(
    of('npm', 'node').flatMap((one) => {
      const wrong = wrongScriptCommand(root, one);
      return wrong ? [line(one, wrong)] : [];
    }),
    [],
  );
});

const client = spawnSync('openstack', ['--version']).error ? 'the official client is not installed' : false;
test('commands of the official client in documents are as its help says', { skip: client }, async () => {
  const distinct = [...new Map(of('openstack').map((one) => [one.words.join(' '), one])).values()];
  const wrong: string[] = [];
  // Two at a time: each starts a Python.
  const next = async (): Promise<void> => {
    for (let one = distinct.pop(); one; one = distinct.pop()) {
      const reason = one.words.length > 1 ? await wrongClientCommand(one) : undefined;
      if (reason) wrong.push(line(one, reason));
    }
  };
  await Promise.all([next(), next()]);
  assert.deepEqual(wrong, []);
  const [command, option] = commandsIn('x', '    openstack servers make\n    openstack server create --imag x y');
  assert.match(String(await wrongClientCommand(command!)), /no command servers make/);
  assert.match(String(await wrongClientCommand(option!)), /no option --imag/);
});

test('a wrong command is found', () => {
  const wrong = (text: string) => commandsIn('x', `    ${text}`).map((one) => wrongKumoCommand(program, one));
  assert.deepEqual(wrong('./kumo logs nova-compute -n 5 --follow # all'), [undefined]);
  assert.deepEqual(wrong('./kumo logs --folow'), ['logs has no option --folow']);
  assert.deepEqual(wrong('./kumo upp'), ['kumo has no command upp']);
  assert.deepEqual(wrong('./kumo trace'), ['trace needs more arguments']);
  assert.deepEqual(wrong('./kumo down now'), ['down takes 0 arguments']);
  assert.deepEqual(wrong('x | ./kumo keystone fernet turn'), ['fernet has no command turn']);
  assert.match(String(wrong('./kumo policy explain --service nova')), /needs --token-file/);
  assert.equal(
    wrongScriptCommand(root, commandsIn('x', '    npm run nothing')[0]!),
    'package.json has no script nothing',
  );
});
