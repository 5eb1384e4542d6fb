/**
 * Resolves at SIGTERM, SIGINT, or when the supervisor that started this process is gone.
 * @param supervised a supervisor started it and holds the other end of its channel; one that is gone already is noticed too.
 */
export function untilStopped({ supervised = false } = {}): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    if (!supervised) return;
    if (process.connected) process.once('disconnect', () => resolve());
    else resolve();
  });
}
