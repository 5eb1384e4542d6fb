import { implement, keystoneLinks, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { KeystoneParts } from '../app/compose.ts';
import type { AssignmentsWanted } from '../app/role-assignments.ts';
import { invalid, notFound } from '../errors.ts';
import { listRoleAssignments, treeRule } from './role-assignments.ts';
import { isSwitchedOn } from './wire/query.ts';
import { assignmentToWire } from './wire/role-assignments.ts';

export function roleAssignmentRoutes({ roleAssignments, projects }: KeystoneParts): Route[] {
  return [
    implement(listRoleAssignments, async ({ ctx, query, authorize, request }) => {
      const wanted = wantedOf(query);
      const { projectId, withSubtree } = wanted;
      if (withSubtree) {
        const project = projectId === undefined ? undefined : await projects.find(projectId);
        authorize({ target: { domain_id: project?.domainId } }, { rule: treeRule.name });
        if (projectId !== undefined && !project) throw notFound({ kind: 'project', id: projectId });
      } else authorize({ target: { domain_id: ctx.domainId } });
      refuseContradictions(wanted, query['scope.system']);
      const { rows, isCut } = await roleAssignments.list({ ...wanted, withinDomainId: ctx.domainId }, request.signal);
      const names = isSwitchedOn(query.include_names) ? await roleAssignments.names(rows) : undefined;
      return {
        role_assignments: rows.map((one) => assignmentToWire(one, names, request)),
        links: keystoneLinks(request),
        ...(isCut ? { truncated: true } : {}),
      };
    }),
  ];
}

function wantedOf(query: Static<(typeof listRoleAssignments)['query']>): AssignmentsWanted {
  const inheritedTo = query['scope.OS-INHERIT:inherited_to'];
  return {
    userId: query['user.id'] || undefined,
    groupId: query['group.id'] || undefined,
    roleId: query['role.id'] || undefined,
    projectId: query['scope.project.id'] || undefined,
    domainId: query['scope.domain.id'] || undefined,
    isSystem: query['scope.system'] === 'all' || undefined,
    isInherited: inheritedTo === undefined ? undefined : inheritedTo === 'projects',
    isEffective: isSwitchedOn(query.effective),
    withSubtree: isSwitchedOn(query.include_subtree),
  };
}

/** @throws invalid */
function refuseContradictions(wanted: AssignmentsWanted, system: string | undefined): void {
  const refuse = (message: string) => {
    throw invalid({ message });
  };
  const { userId, groupId, projectId, domainId, isEffective, isInherited, withSubtree } = wanted;
  if (withSubtree && projectId === undefined)
    refuse('scope.project.id must be specified if include_subtree is also specified');
  if (domainId !== undefined && projectId !== undefined) refuse('Specify a domain or project, not both');
  if (domainId !== undefined && system) refuse('Specify system or domain, not both');
  if (projectId !== undefined && system) refuse('Specify system or project, not both');
  if (userId !== undefined && groupId !== undefined) refuse('Specify a user or group, not both');
  if (isEffective && groupId !== undefined)
    refuse('Combining effective and group filter will always result in an empty list.');
  if (isEffective && isInherited && domainId !== undefined)
    refuse('Combining effective, domain and inherited filters will always result in an empty list.');
}
