import { close, mkdir, open, openSync, write, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { metrics } from '../telemetry/process-metrics.ts';

/** What waits while nothing can be written; the newest lines beyond it are lost, and counted. */
const MAX_WAITING_CHARS = 1 << 20;
const CHUNK_CHARS = 64 << 10;
const RETRY_MS = 1_000;
/** A reader of our pipe that is slow, not gone. */
const SLOW_READER_MS = 50;
const MODE = 0o600;

const lost = metrics.counter(
  'kumo_log_lines_lost_total',
  'Log lines given up because the log could not be written (a full disk, say).',
  ['service'],
);

export interface LogSinkOptions {
  service: string;
  /** A file (appended to, made 0600 with its directory) or an open descriptor. */
  to: string | number;
  /** Called once when lines can be written again after they could not be: how many were lost, and why. */
  onRecovered: (linesLost: number, cause: NodeJS.ErrnoException) => void;
}

/** Sinks with lines that still wait: the process's end writes them. */
const unwritten = new Set<LogSink>();
let isWatchingExit = false;

/**
 * Where a logger's lines go. Whatever becomes of the disk or of a pipe's reader, `write` returns at once and never throws:
 * lines wait in a bounded buffer while writing fails, and are dropped and counted when it is full. pino's own destination
 * (sonic-boom) ends the process at an error that nobody listens to, and `flushSync` tries ENOSPC for ever.
 */
export class LogSink {
  readonly #options: LogSinkOptions;
  #fd: number | undefined;
  #waiting: string[] = [];
  #waitingChars = 0;
  /** What is left of the chunk that is being written. */
  #chunk: Buffer | undefined;
  #isBusy = false;
  #timer: NodeJS.Timeout | undefined;
  #failure: NodeJS.ErrnoException | undefined;
  #lost = 0;

  constructor(options: LogSinkOptions) {
    this.#options = options;
    if (typeof options.to === 'number') this.#fd = options.to;
    else this.#open(options.to);
  }

  /** One line with its end. */
  write(line: string): void {
    if (this.#waitingChars + line.length > MAX_WAITING_CHARS) {
      this.#lost += 1;
      lost.add({ service: this.#options.service });
      return;
    }
    this.#waiting.push(line);
    this.#waitingChars += line.length;
    this.#noteUnwritten();
    this.#writeNext();
  }

  /** Writes what waits, at the end of the process or after a fatal line; one try, what cannot be written goes on waiting. */
  flushSync(): void {
    // A chunk that is being written in the background is not sent twice.
    const chunk = this.#isBusy ? undefined : this.#chunk;
    let rest = Buffer.concat([chunk ?? Buffer.alloc(0), Buffer.from(this.#take(this.#waiting.length))]);
    if (chunk) this.#chunk = undefined;
    try {
      this.#fd ??= openSync(this.#options.to as string, 'a', MODE);
      while (rest.length > 0) rest = rest.subarray(writeSync(this.#fd, rest));
    } catch (error) {
      this.#waiting.unshift(rest.toString());
      this.#waitingChars += this.#waiting[0]!.length;
      if (!this.#isBusy && !this.#timer) this.#failed(error as NodeJS.ErrnoException);
    }
    this.#noteUnwritten();
  }

  #open(file: string): void {
    this.#isBusy = true;
    mkdir(dirname(file), { recursive: true }, () => {
      // What is wrong with the directory, opening the file says.
      open(file, 'a', MODE, (error, fd) => {
        this.#isBusy = false;
        if (error) {
          this.#failed(error);
          return;
        }
        // flushSync may have been faster.
        if (this.#fd === undefined) this.#fd = fd;
        else close(fd);
        this.#writeNext();
      });
    });
  }

  #writeNext(): void {
    if (this.#isBusy || this.#timer) return;
    if (!this.#chunk && this.#waiting.length === 0) {
      this.#noteUnwritten();
      return;
    }
    if (this.#fd === undefined) {
      this.#open(this.#options.to as string);
      return;
    }
    this.#chunk ??= Buffer.from(this.#nextChunk());
    this.#isBusy = true;
    write(this.#fd, this.#chunk, (error, written) => {
      this.#isBusy = false;
      if (error) {
        this.#failed(error);
        return;
      }
      const rest = this.#chunk?.subarray(written);
      this.#chunk = rest && rest.length > 0 ? rest : undefined;
      if (this.#failure && !this.#chunk) this.#recovered(this.#failure);
      this.#writeNext();
    });
  }

  #nextChunk(): string {
    let chars = 0;
    let count = 0;
    while (count < this.#waiting.length && chars < CHUNK_CHARS) chars += this.#waiting[count++]!.length;
    return this.#take(count);
  }

  #take(count: number): string {
    const text = this.#waiting.splice(0, count).join('');
    this.#waitingChars -= text.length;
    return text;
  }

  #failed(error: NodeJS.ErrnoException): void {
    const isSlow = error.code === 'EAGAIN' || error.code === 'EBUSY';
    if (!isSlow) this.#failure ??= error;
    const again = () => {
      this.#timer = undefined;
      this.#writeNext();
    };
    this.#timer = setTimeout(again, isSlow ? SLOW_READER_MS : RETRY_MS).unref();
  }

  #recovered(cause: NodeJS.ErrnoException): void {
    const linesLost = this.#lost;
    this.#failure = undefined;
    this.#lost = 0;
    this.#options.onRecovered(linesLost, cause);
  }

  #noteUnwritten(): void {
    if (!this.#chunk && this.#waiting.length === 0) {
      unwritten.delete(this);
      return;
    }
    unwritten.add(this);
    if (isWatchingExit) return;
    isWatchingExit = true;
    process.on('exit', () => {
      for (const sink of unwritten) sink.flushSync();
    });
  }
}
