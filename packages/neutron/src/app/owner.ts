import { badRequest } from '@kumo/core/errors';
import type { Caller } from '../api/caller.ts';

/** Whose a new resource is: the caller's project unless another is named. Whether that is allowed, the policy says. */
export function ownerOf(caller: Caller, wanted: { projectId?: string; tenantId?: string }): string {
  const { projectId, tenantId } = wanted;
  if (projectId !== undefined && tenantId !== undefined && projectId !== tenantId) {
    throw badRequest({ message: "'project_id' and 'tenant_id' do not match." });
  }
  return projectId ?? tenantId ?? caller.projectId;
}
