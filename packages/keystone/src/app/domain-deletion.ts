import { deleteDomainContents, idsInDomain } from '../db/domains.ts';
import type { Project } from '../db/projects.ts';
import { invalid, stillInUse } from '../errors.ts';
import { refuseLockedDelete } from './immutability.ts';
import type { ResourceDeps } from './resource-deps.ts';

const DEFAULT_DOMAIN = 'default';

/**
 * Deletes a domain with all that is in it.
 * @throws immutable; invalid for the default domain; stillInUse while it is enabled, so that nobody deletes one by a slip, nor the one that its token is of.
 */
export async function deleteDomain({ changes, deletions, revoked }: ResourceDeps, domain: Project): Promise<void> {
  const { id } = domain;
  refuseLockedDelete('domain', domain);
  if (id === DEFAULT_DOMAIN) throw invalid({ message: 'The default domain cannot be deleted.' });
  if (domain.enabled) throw stillInUse({ message: 'Cannot delete a domain that is enabled, please disable it first.' });
  await changes.write(async (tx) => {
    for (const kind of ['user', 'group', 'project', 'role'] as const)
      await deletions.run(kind, tx, await idsInDomain(tx, kind, id));
    await deletions.run('domain', tx, [id]);
    await deleteDomainContents(tx, id);
    await revoked.revoke(tx, { domainId: id });
  });
}
