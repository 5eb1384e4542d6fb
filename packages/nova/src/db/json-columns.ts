/** What a JSON column holds; undefined for SQL's NULL. The db layer alone writes them, so that their shape is known. */
export function readJson<T>(text: string | null): T | undefined {
  return text === null ? undefined : (JSON.parse(text) as T);
}
