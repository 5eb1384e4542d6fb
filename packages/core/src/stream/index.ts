/**
 * Streams with an owner, who closes them.
 */

export { openReadStream, type ReadStreamOptions } from './open-read-stream.ts';
export { type Owned, owned } from './owned.ts';
