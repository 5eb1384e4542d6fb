/** `2026-11-22T15:00:00Z`, from the database's form. */
export const wireTime = (iso: string): string => `${iso.slice(0, 19)}Z`;
