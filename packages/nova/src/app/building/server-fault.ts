import { nowIso } from '@kumo/core/db';
import { publicText } from '@kumo/core/errors';
import type { ServerFault } from '../../db/server-shapes.ts';
import type { Failure } from '../../rpc/shapes.ts';

const CODES: Readonly<Record<string, number>> = { badRequest: 400, forbidden: 403, notFound: 404, overQuota: 413 };

/**
 * What a server in ERROR shows. The message of an error of ours is for users, without places on the host; of any other error
 * users see its class only, admins its words.
 * @param cause why the host before could not build it, when now no other host was found
 */
export function faultOf(failure: Failure, cause?: string): ServerFault {
  const isOurs = failure.kind !== 'unknown';
  const message = isOurs ? publicText(failure.message) : failure.code;
  const numbers = detailsOf(failure);
  const words = [numbers, message === failure.message ? undefined : failure.message].filter(
    (text) => text !== undefined,
  );
  return {
    code: CODES[failure.kind] ?? 500,
    message: cause === undefined ? message : `${cause} No other host was possible: ${message}`,
    ...(words.length > 0 ? { details: words.join('\n') } : {}),
    created: nowIso(),
  };
}

function detailsOf({ params }: Failure): string | undefined {
  if (params === null || typeof params !== 'object' || !('details' in params)) return undefined;
  return typeof params.details === 'string' ? params.details : undefined;
}

const NOT_THE_HOSTS_FAULT = ['ImageCorrupt', 'InvalidRpcArguments'];
const MAYBE_THE_HOSTS_FAULT = ['driver', 'unknown', 'unavailable', 'internal', 'badGateway'];

/** Whether another host may succeed where this one failed. */
export function anotherHostMayHelp({ kind, code, cancelled }: Failure): boolean {
  return !cancelled && MAYBE_THE_HOSTS_FAULT.includes(kind) && !NOT_THE_HOSTS_FAULT.includes(code);
}
