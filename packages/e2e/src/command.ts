import { execFile } from 'node:child_process';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  env?: Record<string, string>;
  input?: string;
  timeoutMs?: number;
}

/** Runs a program to its end and gives what it said; never throws for an exit code. */
export function outcomeOf(program: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const { env, input, timeoutMs = 120_000 } = options;
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...args],
      { env: { ...process.env, ...env }, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 64 << 20 },
      (error, stdout, stderr) =>
        resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, stdout, stderr }),
    );
    // A program may end before it has read its input; its exit code says how it went.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

/** The same, and throws with all that was said when the exit code is not 0. */
export async function succeed(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await outcomeOf(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${code}\n${stdout}\n${stderr}`);
  return stdout;
}
