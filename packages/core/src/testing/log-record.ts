import { Writable } from 'node:stream';
import pino from 'pino';
import type { Logger } from '../log/index.ts';

/** One line of a log, as it would be in its file. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A logger whose lines are kept, for tests of what is said about a request. */
export function recordingLogger(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      lines.push(JSON.parse(line));
      done();
    },
  });
  return { log: pino({ level: 'debug' }, stream), lines };
}

const INFO = 30;

/** What an operator is alarmed by, without times and the like: the lines above INFO. */
export function alarmsIn(lines: readonly LogLine[]): string[] {
  return lines.filter(({ level }) => level > INFO).map((line) => JSON.stringify(line).slice(0, 600));
}

/** The lines that carry a stack. */
export function stacksIn(lines: readonly LogLine[]): string[] {
  return lines.map((line) => JSON.stringify(line)).filter((line) => line.includes('"stack"'));
}
