import { type ExecException, execFile } from 'node:child_process';
import { DriverError } from '../errors/index.ts';
import { maskArguments, maskSecrets } from '../log/index.ts';
import { withSpan } from '../trace/index.ts';

export interface RunOptions {
  /** Written to standard input, then closed. */
  input?: string;
  /** Killed (SIGKILL) after this long. Default 30,000. */
  timeoutMs?: number;
  /** Exit codes that count as success. Default [0]. */
  okCodes?: readonly number[];
  cwd?: string;
  env?: Record<string, string>;
  signal?: AbortSignal;
  /** The daemon that runs it, for the trace. Default `driver`. */
  from?: string;
}

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** What programs say is matched here and in drivers: not in the words of whoever started Kumo. */
const ENGLISH = { LC_ALL: 'C.UTF-8', LANGUAGE: '' };

/**
 * Runs a program with an argument array, never through a shell, as a `native` span. Arguments must not hold secrets
 * (`ps` shows them): pass those through `input`. In the trace and in errors what looks like one is masked all the same.
 *
 * @throws DriverError naming the program, its exit code and the end of its standard error.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { okCodes = [0], timeoutMs = 30_000, input, cwd, env, signal, from = 'driver' } = options;
  const shown = maskArguments(args);
  return withSpan(
    program,
    { kind: 'native', from, to: program, attributes: { 'process.command_args': shown.join(' ').slice(0, 500) } },
    () =>
      new Promise<RunResult>((resolve, reject) => {
        const child = execFile(
          program,
          [...args],
          {
            timeout: timeoutMs,
            killSignal: 'SIGKILL',
            maxBuffer: 64 << 20,
            cwd,
            signal,
            env: { ...process.env, ...ENGLISH, ...env },
          },
          (error, stdout, stderr) => {
            const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
            if (okCodes.includes(code)) return resolve({ code, stdout, stderr });
            const why = error?.killed
              ? `killed after ${timeoutMs} ms`
              : error && typeof error.code === 'string'
                ? error.code
                : `exit code ${code}`;
            reject(
              failed(
                stderr,
                `${program} ${shown.slice(0, 4).join(' ')}: ${why}: ${maskSecrets(stderr.trim()).slice(-500)}`,
                { cause: error ? masked(error, [program, ...shown].join(' ')) : undefined },
              ),
            );
          },
        );
        // A program that exits before reading its input closes the pipe; its exit code tells the story.
        child.stdin?.on('error', () => {});
        child.stdin?.end(input ?? '');
      }),
  );
}

/** In the words of C's `strerror`; programs have no other way to say so. */
const NO_SPACE = /No space left on device|Disk quota exceeded/;

function failed(stderr: string, message: string, options: { cause?: unknown }): DriverError {
  const error = new DriverError(message, options);
  return NO_SPACE.test(stderr) ? Object.assign(error, { code: 'ENOSPC' }) : error;
}

/** Node's error repeats the whole command and what it wrote, in three places. */
function masked(error: ExecException, command: string): Error {
  const message = `Command failed: ${command}`;
  return Object.assign(error, { message, stack: `${error.name}: ${message}`, cmd: command });
}
