const SHOW_AFTER_MS = 2_000;

/** Prints lines for a person; progress goes to standard error so that standard output stays clean. */
export interface Progress {
  say(line: string): void;
  /** Names what is being done as soon as it takes longer than two seconds, and says when it is over. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
}

export const terminalProgress: Progress = {
  say: (line) => void process.stderr.write(`${line}\n`),
  async during(what, work) {
    const begun = performance.now();
    const seconds = () => ((performance.now() - begun) / 1000).toFixed(0);
    let shown = false;
    const timer = setInterval(() => {
      const text = `${what} ... ${seconds()} s`;
      if (process.stderr.isTTY) process.stderr.write(`\r${text}`);
      else if (!shown) process.stderr.write(`${what} ...\n`);
      shown = true;
    }, SHOW_AFTER_MS);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      if (shown) process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}${what}: took ${seconds()} s\n`);
    }
  },
};
