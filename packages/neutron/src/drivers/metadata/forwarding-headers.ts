import { createHmac } from 'node:crypto';
import type { MetadataRequest } from './driver.ts';

/**
 * The headers by which nova-metadata learns whose metadata is asked for, as OpenStack's metadata agent sends them once
 * it knows the guest's port.
 * @param secret `metadata_proxy_shared_secret`; the signature is HMAC-SHA256 over the instance id, in hex.
 */
export function instanceHeaders(
  request: MetadataRequest,
  instance: { instanceId: string; projectId: string },
  secret: string,
): Record<string, string> {
  return {
    ...request.headers,
    'x-forwarded-for': request.clientIp,
    ...(request.routerId === undefined
      ? { 'x-neutron-network-id': request.networkId ?? '' }
      : { 'x-neutron-router-id': request.routerId }),
    'x-instance-id': instance.instanceId,
    'x-tenant-id': instance.projectId,
    'x-instance-id-signature': createHmac('sha256', secret).update(instance.instanceId).digest('hex'),
  };
}
