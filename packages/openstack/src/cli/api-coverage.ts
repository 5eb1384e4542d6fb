import { type Coverage, coverageOf } from '../api/coverage.ts';
import { freshRecord, makeRecord } from '../api/coverage-record.ts';
import { inventoried, inventoryOf } from '../api/inventory.ts';
import { CommandError } from './command-error.ts';
import { print, printJson, table } from './output.ts';
import type { Progress } from './progress.ts';

/**
 * `kumo api coverage SERVICE`: which operations of the API a test has driven to their documented success. Exit code 0 when none
 * is missing, else 1.
 *
 * @throws CommandError for a service without an inventory.
 */
export async function apiCoverageCommand(
  service: string,
  options: { json?: boolean },
  progress: Progress,
): Promise<number> {
  const inventory = inventoryOf(service);
  if (!inventory)
    throw new CommandError(
      `no inventory of ${service}'s operations is kept here: there is ${inventoried().join(', ')}`,
    );
  const { failedFiles, calls } = freshRecord(inventory.package) ?? (await record(inventory.package, progress));
  for (const file of failedFiles) progress.say(`${file} failed: what it saw does not count`);
  const coverage = coverageOf(inventory, calls);
  if (options.json) printJson(coverage);
  else printCoverage(coverage, groupSizes(inventory.operations));
  return coverage.missing.length === 0 ? 0 : 1;
}

function record(packageName: string, progress: Progress) {
  progress.say(`No record is newer than the sources: running the tests of packages/${packageName} on SQLite ...`);
  return makeRecord(packageName, (file, passed, done, all) =>
    progress.say(`  ${String(done).padStart(String(all).length)}/${all} ${file}${passed ? '' : ': FAILED'}`),
  );
}

function groupSizes(operations: readonly { group: string }[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { group } of operations) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return sizes;
}

function printCoverage({ service, in_scope, covered, missing, left_out }: Coverage, groups: Map<string, number>): void {
  const lacking = Map.groupBy(missing, ({ group }) => group);
  const rows = [...groups].map(([group, size]) => {
    const lacks = lacking.get(group)?.length ?? 0;
    return [group, String(size), String(size - lacks), lacks === 0 ? '' : String(lacks)];
  });
  print(table(['GROUP', 'OPERATIONS', 'COVERED', 'MISSING'], rows));
  if (missing.length > 0) {
    print(`\nMissing (no passing test has seen this answer):`);
    print(
      table(
        ['METHOD', 'PATH', 'WANTED', 'WHAT'],
        missing.map(({ method, path, wants, summary }) => [method, path, wants, summary]),
      ),
    );
  }
  if (left_out.length > 0) print('\nLeft out:');
  for (const [reason, list] of Map.groupBy(left_out, (one) => one.reason)) {
    print(`  ${reason} (${list.length})`);
    for (const { method, path, summary } of list) print(`    ${method.padEnd(6)} ${path}  ${summary}`);
  }
  const percent = in_scope === 0 ? 100 : Math.floor((covered / in_scope) * 100);
  print(`\n${service}: ${covered} of ${in_scope} operations covered (${percent} %), ${left_out.length} left out.`);
}
