import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { AssignmentNames, ListedAssignment } from '../../app/role-assignments.ts';
import type { RoleAssignmentBody } from '../role-assignments.ts';

type Body = Static<typeof RoleAssignmentBody>;

/** @param names given: names and domains beside the ids. */
export function assignmentToWire(
  one: ListedAssignment,
  names: AssignmentNames | undefined,
  { baseUrl }: Pick<RequestFacts, 'baseUrl'>,
): Body {
  const actor = { [one.actorKind]: actorOf(one, names) };
  return {
    role: roleOf(one, names),
    ...actor,
    scope: scopeOf(one, names),
    links: linksOf(one, `${baseUrl}/v3`),
  };
}

function domainOf(id: string | null | undefined, names: AssignmentNames) {
  return id == null ? undefined : { id, name: names.projects.get(id)?.name };
}

function roleOf({ roleId: id }: ListedAssignment, names: AssignmentNames | undefined): Body['role'] {
  const role = names?.roles.get(id);
  if (!names || !role) return { id };
  return { id, name: role.name, ...(role.domainId === null ? {} : { domain: domainOf(role.domainId, names) }) };
}

function actorOf(
  { actorKind, actorId: id }: ListedAssignment,
  names: AssignmentNames | undefined,
): NonNullable<Body['user']> {
  if (!names) return { id };
  const actor = (actorKind === 'user' ? names.users : names.groups).get(id);
  // Given to somebody whom a directory no longer has.
  if (!actor) return { id, name: '', domain: { id: '', name: '' } };
  return { id, name: actor.name, domain: domainOf(actor.domainId, names) };
}

function scopeOf(one: ListedAssignment, names: AssignmentNames | undefined): Body['scope'] {
  const inherited = one.inherited || one.inheritedFrom ? { 'OS-INHERIT:inherited_to': 'projects' } : {};
  if (one.targetKind === 'system') return { system: { all: true }, ...inherited };
  const place = names?.projects.get(one.targetId);
  const id = one.targetId;
  if (one.targetKind === 'domain') return { domain: place ? { id, name: place.name } : { id }, ...inherited };
  const project = names && place ? { id, name: place.name, domain: domainOf(place.domainId, names) } : { id };
  return { project, ...inherited };
}

/** Where the assignment can be looked at as it was given. */
function linksOf(one: ListedAssignment, base: string): Body['links'] {
  const { groupId, priorRoleId, inheritedFrom, actorId, roleId } = one;
  const actor = groupId === undefined ? `${one.actorKind}s/${actorId}` : `groups/${groupId}`;
  const { targetKind, targetId } = inheritedFrom ?? one;
  const place = targetKind === 'system' ? 'system' : `${targetKind}s/${targetId}`;
  const isInherited = one.inherited || inheritedFrom !== undefined;
  const path = `${place}/${actor}/roles/${priorRoleId ?? roleId}`;
  return {
    assignment: isInherited ? flatText`${base}/OS-INHERIT/${path}/inherited_to_projects` : flatText`${base}/${path}`,
    ...(groupId === undefined ? {} : { membership: flatText`${base}/groups/${groupId}/users/${actorId}` }),
    // Keystone names the implied role first here.
    ...(priorRoleId === undefined ? {} : { prior_role: flatText`${base}/prior_role/${roleId}/implies/${priorRoleId}` }),
  };
}
