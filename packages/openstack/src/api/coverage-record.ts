import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RecordedCall } from '../../../core/src/testing/api-record.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const TEST_TIMEOUT_MS = 300_000;

/** What a run of a package's tests has seen. */
export interface CoverageRecord {
  readonly calls: readonly RecordedCall[];
  /** Test files with a failure: what they saw does not count. */
  readonly failedFiles: readonly string[];
}

interface Finished {
  readonly startedAtMs: number;
  readonly failedFiles: readonly string[];
}

/** The record of the last whole run, unless a source or a test is newer than its start; then undefined. */
export function freshRecord(packageName: string): CoverageRecord | undefined {
  const file = join(folderOf(packageName), 'finished.json');
  if (!existsSync(file)) return undefined;
  const { startedAtMs, failedFiles } = JSON.parse(readFileSync(file, 'utf8')) as Finished;
  if (newestSourceMs(packageName) > startedAtMs) return undefined;
  return { calls: readCalls(packageName, failedFiles), failedFiles };
}

/**
 * Runs the package's tests on SQLite, each file in a process of its own, and reads what they recorded.
 *
 * @param onFile told of each test file when it is through, and how it went.
 */
export async function makeRecord(
  packageName: string,
  onFile: (file: string, passed: boolean, done: number, all: number) => void,
): Promise<CoverageRecord> {
  const folder = folderOf(packageName);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const startedAtMs = Date.now();
  const files = globSync(`packages/${packageName}/test/**/*.test.ts`, { cwd: ROOT }).map((file) => join(ROOT, file));
  const failed = await runTests(files, folder, onFile);
  const failedFiles = files.filter((file) => failed.has(file)).map((file) => basename(file));
  writeFileSync(join(folder, 'finished.json'), JSON.stringify({ startedAtMs, failedFiles } satisfies Finished));
  return { calls: readCalls(packageName, failedFiles), failedFiles };
}

async function runTests(
  files: string[],
  folder: string,
  onFile: (file: string, passed: boolean, done: number, all: number) => void,
): Promise<Set<string>> {
  const failed = new Set<string>();
  const done = new Set<string>();
  // The children inherit it; nothing else of this process reads it.
  process.env.KUMO_API_RECORD = folder;
  delete process.env.KUMO_TEST_DATABASES;
  const stream = run({ files, concurrency: 2, timeout: TEST_TIMEOUT_MS, execArgv: ['--no-maglev'] });
  stream.on('test:fail', ({ file }) => void (file && failed.add(file)));
  stream.on('test:summary', ({ file, success }) => {
    if (file === undefined) return;
    if (!success) failed.add(file);
    done.add(file);
    onFile(basename(file), !failed.has(file), done.size, files.length);
  });
  stream.resume();
  await new Promise<void>((resolve, reject) => {
    stream.once('end', resolve);
    stream.once('error', reject);
  });
  return failed;
}

function readCalls(packageName: string, failedFiles: readonly string[]): RecordedCall[] {
  const folder = folderOf(packageName);
  return globSync('*.jsonl', { cwd: folder })
    .filter((name) => !failedFiles.includes(name.replace(/\.jsonl$/, '')))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as RecordedCall);
}

function folderOf(packageName: string): string {
  return join(ROOT, '.kumo', 'api-record', packageName);
}

function newestSourceMs(packageName: string): number {
  const files = globSync([`packages/{core,${packageName}}/src/**/*.ts`, `packages/${packageName}/test/**/*.ts`], {
    cwd: ROOT,
  });
  return Math.max(...files.map((file) => statSync(join(ROOT, file)).mtimeMs));
}
