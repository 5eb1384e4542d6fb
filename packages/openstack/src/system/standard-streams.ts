/**
 * For processes that run for long: what is said on standard output and error is lost when it cannot be written (up.log on a
 * full disk, a terminal or pipe that is gone), and written again when it can be. Without a listener such an error would end
 * the process. What matters is in the daemons' own logs. Idempotent.
 */
export function outliveStandardStreams(): void {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners('error').includes(nobodyReads)) stream.on('error', nobodyReads);
}

function nobodyReads(): void {}
