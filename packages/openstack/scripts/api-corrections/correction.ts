import type { Step } from '../../src/api/inventory.ts';

/** What the published facts about operations lack or get wrong, and what is not ours to serve. The first that fits counts. */
export interface Correction {
  readonly by: 'group' | 'summary' | 'path';
  readonly where: RegExp;
  readonly method?: string;
  /** Only what policies and clients name, and the API reference does not. */
  readonly isUnpublished?: true;
  /** Why the operation is not served here. */
  readonly leftOut?: string;
  readonly success?: number[];
  readonly steps?: readonly Step[];
  readonly note?: string;
}
