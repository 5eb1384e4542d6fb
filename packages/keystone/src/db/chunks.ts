/** Ids in one statement at most: databases bound their parameters, and plans are kept by text. */
const CHUNK = 500;

/** Ids in parts for a statement each. */
export function chunksOf(ids: readonly string[]): string[][] {
  const chunks: string[][] = [];
  for (let at = 0; at < ids.length; at += CHUNK) chunks.push(ids.slice(at, at + CHUNK));
  return chunks;
}

/** What a query gives for many ids, asked for by the chunk. */
export async function inChunks<T>(
  ids: readonly string[],
  query: (some: readonly string[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (const some of chunksOf([...new Set(ids)])) found.push(...(await query(some)));
  return found;
}
