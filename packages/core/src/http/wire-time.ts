/** A time of the database (`core/db`'s `nowIso`) as most APIs print it: whole seconds, `2026-11-22T15:00:00Z`. */
export function wireTime(iso: string): string {
  return `${iso.slice(0, 19)}Z`;
}
