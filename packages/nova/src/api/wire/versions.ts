import type { Context } from '@kumo/core/context';

/** Whether the request's microversion 2.x is at least this one: for answers that marks and changes cannot say. */
export const atLeast = (ctx: Context, minor: number): boolean => (ctx.version?.minor ?? 1) >= minor;
