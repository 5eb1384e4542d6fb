import { spawn } from 'node:child_process';

interface RunOptions {
  cwd?: string;
  input?: Buffer | string;
  env?: NodeJS.ProcessEnv;
}

/** Runs a program without a shell and returns what it printed; a failure carries its error output. */
export function run(program: string, args: string[], options: RunOptions = {}): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH}:/usr/sbin:/sbin`, ...options.env };
  const child = spawn(program, args, { cwd: options.cwd, env, stdio: 'pipe' });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.on('error', (cause: NodeJS.ErrnoException) => {
    const hint =
      cause.code === 'ENOENT' ? `${program} is not installed; see packages/guest/packages.txt` : cause.message;
    reject(new Error(`cannot run ${program}: ${hint}`, { cause }));
  });
  child.on('close', (code, signal) => {
    if (code === 0) resolve(Buffer.concat(out));
    else
      reject(
        new Error(`${program} ${args.join(' ')} failed (${signal ?? code}): ${Buffer.concat(err).toString().trim()}`),
      );
  });
  // A program may end before it has read everything; its exit code, not EPIPE, says whether that was an error.
  child.stdin.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EPIPE') reject(cause);
  });
  child.stdin.end(options.input);
  return promise;
}
