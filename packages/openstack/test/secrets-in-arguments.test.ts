import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '@kumo/core/exec';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** What `--help` says of a command and of all below it, by the words that lead there. */
async function helps(words: readonly string[] = []): Promise<[string, string][]> {
  const { stdout } = await run(process.execPath, ['--no-maglev', MAIN, ...words, '--help'], { timeoutMs: 60_000 });
  const [, listed = ''] = stdout.split(/^Commands:$/m);
  const below = [...listed.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name]) => name as string);
  const found: [string, string][] = [[words.join(' '), stdout]];
  for (const name of below) if (name !== 'help') found.push(...(await helps([...words, name])));
  return found;
}

test('OSSA-2013-013: no command takes a password or another secret as an argument', async () => {
  const all = await helps();
  assert.ok(
    all.some(([words]) => words === 'keystone users lock'),
    all.map(([words]) => words).join(', '),
  );
  const taking = /(?:--[\w-]*|<)(?:password|passphrase|secret|token)[\w-]*(?: [<[]|>)/i;
  assert.match('  --new-password <text>', taking);
  assert.match('Usage: kumo set <password>', taking);
  for (const [words, text] of all)
    for (const line of text.split('\n')) {
      // Where a secret is may be said.
      if (/--[\w-]+ <(?:file|directory)>/.test(line)) continue;
      assert.doesNotMatch(line, taking, `kumo ${words}: ${line}`);
    }
});
