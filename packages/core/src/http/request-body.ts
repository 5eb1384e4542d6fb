import type { FastifyRequest } from 'fastify';
import type { Microversion } from '../context/index.ts';
import { formatVersion } from '../microversion/index.ts';
import type { AppOptions } from './app-options.ts';
import type { CompiledOperation, Endpoint } from './compiled-operation.ts';
import { noSuchAction, notInVersion, wrongContentType, wrongContentTypeAs400 } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { inviteBody } from './expect-continue.ts';
import { parseJson } from './parse-json.ts';
import { boundedStream, hasBody, readBody } from './read-body.ts';

/** The parsed body, or undefined when there is none. */
export async function jsonBody(
  { request, reply }: Exchange,
  operation: CompiledOperation,
  maxBytes: number,
  options: AppOptions,
): Promise<unknown> {
  const { raw } = request;
  if (!hasBody(raw)) return undefined;
  checkContentType(request, operation, options);
  // A body that is known to be too long is never invited.
  if (Number(raw.headers['content-length'] ?? 0) <= maxBytes) inviteBody(raw, reply.raw);
  const bytes = await readBody(raw, maxBytes);
  return bytes.length === 0 ? undefined : parseJson(bytes);
}

/** The raw bytes, bounded as the operation says. */
export function streamedBody({ request, reply }: Exchange, operation: CompiledOperation) {
  const { raw } = request;
  const stream = boundedStream(raw, Number.isFinite(operation.maxBodyBytes) ? operation.maxBodyBytes : undefined);
  inviteBody(raw, reply.raw);
  return stream;
}

/**
 * The operation that is meant, among those of one method and path.
 * @throws noSuchAction when the body's single key names none, notInVersion when it is not there in this version.
 */
export function chooseOperation(
  endpoint: Endpoint,
  version: Microversion | undefined,
  body: unknown,
): CompiledOperation {
  const candidates = endpoint.actions ? actionsNamed(endpoint.actions, body) : endpoint.operations;
  const chosen = candidates.find((one) => one.existsIn(version));
  if (!chosen) throw notInVersion({ version: version && formatVersion(version) });
  return chosen;
}

function actionsNamed(
  actions: ReadonlyMap<string, readonly CompiledOperation[]>,
  body: unknown,
): readonly CompiledOperation[] {
  const keys = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body) : [];
  const [key] = keys;
  const found = keys.length === 1 && key !== undefined ? actions.get(key) : undefined;
  if (!found)
    throw noSuchAction({
      action:
        keys.length === 0
          ? `the body must be an object with one of the keys ${[...actions.keys()].join(', ')}`
          : keys.join(', ').slice(0, 100),
    });
  return found;
}

function checkContentType(request: FastifyRequest, { operation }: CompiledOperation, options: AppOptions): void {
  const header = request.headers['content-type'];
  if (header === undefined) return;
  const type = (header.split(';', 1)[0] as string).trim().toLowerCase();
  if (type === 'application/json' || operation.contentTypes?.includes(type)) return;
  throw (options.wrongContentType === 400 ? wrongContentTypeAs400 : wrongContentType)({ type: type.slice(0, 100) });
}
