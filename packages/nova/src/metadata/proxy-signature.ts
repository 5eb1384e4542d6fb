import { createHmac, timingSafeEqual } from 'node:crypto';
import { defineError } from '@kumo/core/errors';

export const instanceIdMissing = defineError(
  'badRequest',
  'BadRequest',
  'X-Instance-ID header is missing from request.',
);
export const tenantIdMissing = defineError('badRequest', 'BadRequest', 'X-Tenant-ID header is missing from request.');
export const signatureInvalid = defineError('forbidden', 'Forbidden', 'Invalid proxy request signature.');
export const metadataNotFound = defineError('notFound', 'NotFound', 'There is no such metadata.');

export interface ProxyHeaders {
  readonly 'x-instance-id'?: string;
  readonly 'x-tenant-id'?: string;
  readonly 'x-instance-id-signature'?: string;
}

/**
 * Who asks: Neutron's proxy names the instance and signs its name.
 * @throws signatureInvalid for anybody else.
 */
export function proxiedInstance(headers: ProxyHeaders, secret: string): { serverId: string; projectId: string } {
  const serverId = headers['x-instance-id'];
  const projectId = headers['x-tenant-id'];
  if (!serverId) throw instanceIdMissing();
  const expected = createHmac('sha256', secret).update(serverId).digest();
  const given = Buffer.from(headers['x-instance-id-signature'] ?? '', 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw signatureInvalid();
  if (!projectId) throw tenantIdMissing();
  return { serverId, projectId };
}
