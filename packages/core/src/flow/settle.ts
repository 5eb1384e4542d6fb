/** How long a step may take to notice that its signal aborted before it is left behind. */
const GRACE_MS = 5_000;

/**
 * Waits for work that may not heed its signal: after an abort it has 5 s to end. A result that comes in time counts; otherwise the
 * signal's reason is thrown. Work left behind can do no harm: its undo, or the next run, makes up for it.
 */
export async function settle<T>(signal: AbortSignal, work: () => Promise<T> | T): Promise<T> {
  signal.throwIfAborted();
  const { promise: leftBehind, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => reject(signal.reason), GRACE_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([invoke(work), leftBehind]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  }
}

async function invoke<T>(work: () => Promise<T> | T): Promise<T> {
  return work();
}

/** Resolves after `ms`, or as soon as the signal aborts. */
export function pauseUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    signal.addEventListener('abort', end, { once: true });
  });
}
