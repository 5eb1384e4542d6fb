import { existsSync, readdirSync, statSync, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from './command-error.ts';
import { print } from './output.ts';

const LEVELS: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};
/** How much of the end of each file is looked at when only the last lines are wanted. */
const TAIL_BYTES = 256 * 1024;

/** `kumo logs [service]`: the last lines of one daemon, or of all in order of time; `--follow` goes on. */
export async function logsCommand(
  stateDir: string,
  service: string | undefined,
  options: { lines: number; follow?: boolean; json?: boolean },
): Promise<void> {
  const directory = join(stateDir, 'log');
  const all = existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => name.endsWith('.log'))
        .map((name) => name.slice(0, -4))
    : [];
  if (service && !all.includes(service))
    throw new CommandError(
      `there is no log of '${service}'; there are: ${all.sort().join(', ') || 'none yet (kumo up)'}`,
    );
  const files = (service ? [service] : all).map((name) => join(directory, `${name}.log`));
  const show = options.json ? print : (line: string) => print(pretty(line));
  const ends = new Map(files.map((file) => [file, statSync(file).size]));
  const lines = (
    await Promise.all(files.map((file) => readLines(file, Math.max(0, ends.get(file)! - TAIL_BYTES), ends.get(file)!)))
  ).flat();
  for (const line of lines.sort(byTime).slice(-options.lines)) show(line);
  if (options.follow) for (const file of files) follow(file, ends.get(file)!, show);
}

async function readLines(file: string, start: number, end: number): Promise<string[]> {
  if (end <= start) return [];
  const text = (await readBytes(file, start, end)).toString('utf8');
  const found = text.replace(/\n$/, '').split('\n');
  // A tail begins within a line.
  return start > 0 ? found.slice(1) : found;
}

async function readBytes(file: string, start: number, end: number): Promise<Buffer> {
  await using handle = await open(file, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
  return buffer.subarray(0, bytesRead);
}

function follow(file: string, from: number, show: (line: string) => void): void {
  let position = from;
  let busy = Promise.resolve();
  const ended = (error: Error) => process.stderr.write(`kumo: ${file} is no longer followed: ${error.message}\n`);
  const look = () => {
    busy = busy.then(showNew).catch((error: Error) => {
      watcher.close();
      ended(error);
    });
  };
  const watcher = watch(file, look);
  watcher.on('error', ended);
  // What came since the last lines were read.
  look();

  async function showNew(): Promise<void> {
    const end = statSync(file).size;
    // Rotated by copytruncate.
    if (end < position) position = 0;
    if (end === position) return;
    const added = await readBytes(file, position, end);
    // What is half written is shown when the rest is there.
    const whole = added.lastIndexOf('\n') + 1;
    if (whole === 0) return;
    for (const line of added.toString('utf8', 0, whole - 1).split('\n')) show(line);
    position += whole;
  }
}

const TIME = /"time":"([^"]+)"/;

function byTime(left: string, right: string): number {
  return (TIME.exec(left)?.[1] ?? '').localeCompare(TIME.exec(right)?.[1] ?? '');
}

function pretty(line: string): string {
  try {
    const { time, level, service, msg, pid: _pid, hostname: _hostname, ...rest } = JSON.parse(line);
    const details = Object.entries(rest).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    return [time, (LEVELS[level] ?? level).padEnd(5), service, msg, ...details].join(' ');
  } catch {
    // Not a line of the logger's: shown as it is.
    return line;
  }
}
