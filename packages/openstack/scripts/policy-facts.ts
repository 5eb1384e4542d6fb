/**
 * Writes the default policies of OpenStack's services that the tests compare ours with, one rule per line:
 *
 *     node packages/openstack/scripts/policy-facts.ts ../shared/api
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PolicyFact } from '../test/policy-facts.ts';

interface Published {
  name: string;
  check_str: string;
  scope_types?: string[];
  operations: { method: string; path: string }[];
}

const SERVICES = ['identity', 'image', 'placement', 'compute', 'network', 'block-storage'];
const [facts] = process.argv.slice(2);
if (!facts) {
  process.stderr.write('usage: policy-facts.ts DIRECTORY\n');
  process.exit(2);
}
const published = JSON.parse(readFileSync(join(facts, 'policies.json'), 'utf8')) as Record<string, Published[]>;
for (const service of SERVICES) {
  const lines = (published[service] ?? []).map(({ name, check_str, scope_types, operations }) => {
    const fact: PolicyFact = {
      name,
      check: check_str,
      ...(scope_types && { scope: scope_types }),
      ...(operations.length > 0 && { operations: operations.map(({ method, path }) => `${method} ${path}`) }),
    };
    return `${JSON.stringify(fact)}\n`;
  });
  const file = fileURLToPath(new URL(`../test/policy-facts/${service}.jsonl`, import.meta.url));
  writeFileSync(file, lines.join(''));
  process.stdout.write(`${file}: ${lines.length} rules\n`);
}
