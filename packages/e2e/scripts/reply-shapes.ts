/**
 * Writes what the test of reply shapes compares with, from files of published facts (field names and JSON types of samples):
 *
 *     node packages/e2e/scripts/reply-shapes.ts ../shared/api/shapes
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PublishedReply } from '../src/reply-shapes/published.ts';

const SERVICES = ['compute', 'block-storage', 'image', 'network', 'identity'];

const [facts] = process.argv.slice(2);
if (!facts) {
  process.stderr.write('usage: reply-shapes.ts DIRECTORY\n');
  process.exit(2);
}
for (const service of SERVICES) {
  const rows = JSON.parse(readFileSync(join(facts, `${service}.json`), 'utf8')) as (PublishedReply & {
    direction: string;
  })[];
  const replies = rows.filter(({ direction }) => direction === 'reply');
  const lines = replies.map(({ method, path, action, version, sample, shape }) =>
    JSON.stringify({ method, path, ...(action ? { action } : {}), version, sample, shape }),
  );
  const file = fileURLToPath(new URL(`../src/reply-shapes/facts/${service}.jsonl`, import.meta.url));
  writeFileSync(file, `${lines.join('\n')}\n`);
  process.stdout.write(`${file}: ${lines.length} replies\n`);
}
