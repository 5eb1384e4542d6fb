/**
 * Asks again and again until the answer is not undefined, at most `timeoutMs`.
 *
 * @throws Error naming what was waited for; its cause is the last error that `ask` threw, if it did.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const { timeoutMs = 60_000, everyMs = 100 } = options;
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`waited ${timeoutMs / 1000} s in vain for: ${what}`, { cause });
}
