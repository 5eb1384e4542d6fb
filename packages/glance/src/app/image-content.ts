import type { Readable } from 'node:stream';
import { type FormatInspector, imageUnsafe, inspectStream } from '@kumo/core/imageformat';
import type { GlanceConfig } from '../config.ts';
import { uploadCutOff } from '../errors.ts';

/** The request's bytes; a client that goes away half-way is its own fault, not an internal error. */
export async function* whole(source: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source) yield chunk;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') throw uploadCutOff({}, { cause: error });
    throw error;
  }
}

/**
 * Passes the data on while it looks at it, and fails when it must not be kept: content of another format than declared
 * (unless the operator allows it), an image that names other files, a disk beyond the bound.
 */
export function inspected(
  source: AsyncIterable<Uint8Array>,
  inspector: FormatInspector,
  { declared, config }: { declared: string; config: GlanceConfig },
): AsyncIterable<Uint8Array> {
  const { requireImageFormatMatch, maxVirtualSizeBytes } = config;
  return requireImageFormatMatch
    ? inspectStream(source, inspector, { declared, maxVirtualSizeBytes })
    : harmless(source, inspector);
}

async function* harmless(source: AsyncIterable<Uint8Array>, inspector: FormatInspector): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    inspector.feed(chunk);
    yield chunk;
  }
  const { problems } = inspector.finish();
  if (problems.length > 0) throw imageUnsafe({ problems: problems.join(', ') });
}
