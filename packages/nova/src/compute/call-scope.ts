import type { Context } from '@kumo/core/context';

/** On whose behalf, and until when, another service is asked. */
export interface CallScope {
  readonly signal?: AbortSignal;
  readonly ctx?: Context;
}

/** For what the user chose: the other service decides it as his. Without it, a call is Nova's own. */
export function asUser({ signal, ctx }: CallScope): { signal?: AbortSignal; user?: Context } {
  return { signal, user: ctx };
}
