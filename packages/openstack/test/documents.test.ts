import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const documents = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })];

for (const [script, says] of [
  ['settings-table.ts', 'docs/operating.md lists the settings of the schema'],
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

test('commands in documents exist, with their options', () => {
  const main = readFileSync(join(root, 'packages/openstack/src/main.ts'), 'utf8');
  const commands = new Set([...main.matchAll(/\.command\('([a-z]+)/g)].map(([, name]) => name));
  const options = new Set([...main.matchAll(/--([a-z0-9-]+)/g)].map(([, name]) => name));
  const wrong = documents.flatMap((document) =>
    [
      ...readFileSync(join(root, document), 'utf8').matchAll(
        /\.\/kumo ((?:--config \S+ )?)([a-z]+)((?: (?:--?[a-z][a-z-]*|[\w.-]+))*)/g,
      ),
    ].flatMap(([said, , command, rest]) => {
      const unknown = [...rest!.matchAll(/--([a-z-]+)/g)].filter(([, name]) => !options.has(name!));
      return commands.has(command!) && unknown.length === 0 ? [] : [`${document}: ${said}`];
    }),
  );
  assert.deepEqual(wrong, []);
});
