import { badRequest } from '@kumo/core/errors';
import type { Caller } from './caller.ts';

/**
 * Whose a new resource is: the caller's project unless another is named.
 * @throws badRequest when it is another project's and the caller is neither an administrator nor a service.
 */
export function ownerOf(caller: Caller, wanted: { projectId?: string; tenantId?: string }): string {
  const { projectId, tenantId } = wanted;
  if (projectId !== undefined && tenantId !== undefined && projectId !== tenantId) {
    throw badRequest({ message: "'project_id' and 'tenant_id' do not match." });
  }
  const owner = projectId ?? tenantId ?? caller.projectId;
  if (owner !== caller.projectId && !caller.seesAll) {
    const message =
      "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges";
    throw badRequest({ message });
  }
  return owner;
}
