import * as auth from './auth.ts';

/** What other services may call. */
export const keystoneApi = { ...auth };
