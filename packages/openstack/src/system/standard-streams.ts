const SIGPIPE_EXIT = 128 + 13;

/**
 * For processes that run for long, and for commands that change something: what is said on standard output and error is lost
 * when it cannot be written (up.log on a full disk, a terminal or pipe that is gone), and written again when it can be.
 * Without a listener such an error would end the process. What matters is in the daemons' own logs. Idempotent.
 */
export function outliveStandardStreams(): void {
  listen(nobodyReads);
}

/**
 * For commands that only tell something: they end when nobody reads any more (`kumo logs | head`), as a program does that
 * SIGPIPE ends, and the shell sees the same exit code. Idempotent.
 */
export function endWithReader(): void {
  listen(readerGone);
}

function listen(listener: (error: NodeJS.ErrnoException) => void): void {
  for (const stream of [process.stdout, process.stderr])
    stream.off('error', nobodyReads).off('error', readerGone).on('error', listener);
}

function nobodyReads(): void {}

function readerGone(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(SIGPIPE_EXIT);
  throw error;
}
