import type { TestContext } from 'node:test';

/** Runs the steps of one story in order, each a test of its own; the first that fails ends the story, for the others stand on it. */
export async function story(t: TestContext, steps: Record<string, () => Promise<void>>): Promise<void> {
  for (const [name, run] of Object.entries(steps)) {
    let failure: unknown;
    await t.test(name, async () => {
      try {
        await run();
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    if (failure) throw new Error(`the story ends at: ${name}`, { cause: failure });
  }
}
