import { implement, keystoneLinks, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { KeystoneParts } from '../app/compose.ts';
import type { AssignmentsWanted } from '../app/role-assignments.ts';
import { invalid } from '../errors.ts';
import { listRoleAssignments, treeRule } from './role-assignments.ts';
import { flag } from './wire/query.ts';
import { assignmentToWire } from './wire/role-assignments.ts';

export function roleAssignmentRoutes({ roleAssignments, projects }: KeystoneParts): Route[] {
  return [
    implement(listRoleAssignments, async ({ ctx, query, authorize, request }) => {
      const wanted = wantedOf(query);
      if (wanted.withSubtree) {
        const project = await projects.find(wanted.projectId ?? '');
        authorize({ target: { domain_id: project?.domainId } }, { rule: treeRule.name });
      } else authorize({ target: { domain_id: ctx.domainId } });
      refuseContradictions(wanted);
      const list = await roleAssignments.list({ ...wanted, withinDomainId: ctx.domainId });
      const names = flag(query.include_names) ? await roleAssignments.names(list) : undefined;
      return {
        role_assignments: list.map((one) => assignmentToWire(one, names, request)),
        links: keystoneLinks(request),
      };
    }),
  ];
}

function wantedOf(query: Static<(typeof listRoleAssignments)['query']>): AssignmentsWanted {
  return {
    userId: query['user.id'],
    groupId: query['group.id'],
    roleId: query['role.id'],
    projectId: query['scope.project.id'],
    domainId: query['scope.domain.id'],
    isSystem: query['scope.system'] === undefined ? undefined : true,
    isInherited: query['scope.OS-INHERIT:inherited_to'] === undefined ? undefined : true,
    isEffective: flag(query.effective),
    withSubtree: flag(query.include_subtree),
  };
}

/** @throws invalid */
function refuseContradictions(wanted: AssignmentsWanted): void {
  const refuse = (message: string) => {
    throw invalid({ message });
  };
  const { userId, groupId, projectId, domainId, isSystem, isEffective, isInherited, withSubtree } = wanted;
  if (userId !== undefined && groupId !== undefined) refuse('Specify a user or group, not both.');
  if ([projectId, domainId, isSystem].filter((one) => one !== undefined).length > 1)
    refuse('Specify one of domain, project and system.');
  if (isEffective && groupId !== undefined)
    refuse('Combining effective and group filter will always result in an empty list.');
  if (isEffective && isInherited && domainId !== undefined)
    refuse('Combining effective, domain and inherited filters will always result in an empty list.');
  if (withSubtree && projectId === undefined)
    refuse('scope.project.id must be specified if include_subtree is also specified.');
}
