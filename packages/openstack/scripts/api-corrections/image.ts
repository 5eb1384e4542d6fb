import type { Correction } from './correction.ts';

export const IMAGE: readonly Correction[] = [
  { by: 'path', where: /^\/$/, success: [300] },
  { by: 'path', where: /^\/versions$/, success: [200, 300] },
];
