import type { Context } from '@kumo/core/context';

/** On whose behalf, and until when, another service is asked. */
export interface CallScope {
  readonly signal?: AbortSignal;
  readonly ctx?: Context;
}
