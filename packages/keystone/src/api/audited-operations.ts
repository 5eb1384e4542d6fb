import { createHash } from 'node:crypto';
import type { AuditEvent } from '../app/audit.ts';
import { GRANT_KINDS, grantOperations } from './grants.ts';

/** What an operation was asked and what it answered. */
export interface Done {
  readonly params: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: bodies and replies of every operation, as their contracts have them
  readonly body: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly reply: any;
}

export type Events = (done: Done) => AuditEvent[];

type Action = AuditEvent['action'];

/** By the id in the reply. */
const made =
  (resourceType: string, key = resourceType): Events =>
  (done) => [{ action: 'created', resourceType, resourceId: done.reply[key].id }];
/** By the id in the path. */
const at =
  (action: Action, resourceType: string, parameter = `${resourceType}_id`): Events =>
  (done) => [{ action, resourceType, resourceId: done.params[parameter] as string }];
const updated = (resourceType: string) => at('updated', resourceType);
const deleted = (resourceType: string) => at('deleted', resourceType);

/** An update that disables is told as both. */
const updatedOrDisabled =
  (resourceType: 'user' | 'project' | 'domain'): Events =>
  (done) => {
    const resourceId = done.params[`${resourceType}_id`] as string;
    const events: AuditEvent[] = [{ action: 'updated', resourceType, resourceId }];
    if (done.body[resourceType].enabled === false) events.push({ action: 'disabled', resourceType, resourceId });
    return events;
  };

const member =
  (operation: 'added' | 'removed'): Events =>
  ({ params }) => [
    {
      action: 'updated',
      resourceType: 'group',
      resourceId: params.group_id as string,
      actor: { id: params.user_id as string, type: 'user', operation },
    },
  ];

/** EC2 credentials are credentials whose id is a digest of the access key. */
const ec2Credential = (action: 'created' | 'deleted', access: string): AuditEvent[] => [
  { action, resourceType: 'credential', resourceId: createHash('sha256').update(access).digest('hex') },
];

/** The operations that Keystone tells of, by name. */
export const AUDITED: Readonly<Record<string, Events>> = {
  createUser: made('user'),
  updateUser: updatedOrDisabled('user'),
  deleteUser: deleted('user'),
  changePassword: updated('user'),
  createGroup: made('group'),
  updateGroup: updated('group'),
  deleteGroup: deleted('group'),
  addGroupUser: member('added'),
  removeGroupUser: member('removed'),
  createProject: ({ reply: { project } }) => [
    { action: 'created', resourceType: project.is_domain ? 'domain' : 'project', resourceId: project.id },
  ],
  updateProject: updatedOrDisabled('project'),
  deleteProject: deleted('project'),
  addProjectTag: at('created', 'project tag', 'tag'),
  deleteProjectTag: at('deleted', 'project tag', 'tag'),
  createDomain: made('domain'),
  updateDomain: updatedOrDisabled('domain'),
  deleteDomain: deleted('domain'),
  createRole: made('role'),
  updateRole: updated('role'),
  deleteRole: deleted('role'),
  createRegion: made('region'),
  createNamedRegion: made('region'),
  updateRegion: updated('region'),
  deleteRegion: deleted('region'),
  createService: made('service'),
  updateService: updated('service'),
  deleteService: deleted('service'),
  createEndpoint: made('endpoint'),
  updateEndpoint: updated('endpoint'),
  deleteEndpoint: deleted('endpoint'),
  createPolicy: made('policy'),
  updatePolicy: updated('policy'),
  deletePolicy: deleted('policy'),
  createTrust: made('OS-TRUST:trust', 'trust'),
  deleteTrust: at('deleted', 'OS-TRUST:trust', 'trust_id'),
  createApplicationCredential: made('application_credential'),
  deleteApplicationCredential: deleted('application_credential'),
  createCredential: made('credential'),
  deleteCredential: deleted('credential'),
  createEc2Credential: ({ reply }) => ec2Credential('created', reply.credential.access),
  deleteEc2Credential: ({ params }) => ec2Credential('deleted', params.credential_id as string),
  ...grantEvents(),
};

/** Operations that change something without Keystone telling anybody. */
export const UNTOLD: ReadonlySet<string> = new Set([
  'issueToken',
  'revokeToken',
  'issueEc2Token',
  'issueS3Token',
  'updateCredential',
  'deleteAccessRule',
  'replaceProjectTags',
  'deleteProjectTags',
  'createImpliedRole',
  'deleteImpliedRole',
  'createDomainConfig',
  'updateDomainConfig',
  'updateDomainConfigGroup',
  'updateDomainConfigOption',
  'deleteDomainConfig',
  'deleteDomainConfigGroup',
  'deleteDomainConfigOption',
  'createEndpointGroup',
  'updateEndpointGroup',
  'deleteEndpointGroup',
  'addProjectEndpoint',
  'removeProjectEndpoint',
  'addProjectEndpointGroup',
  'removeProjectEndpointGroup',
  'setEndpointPolicy',
  'removeEndpointPolicy',
  'setServicePolicy',
  'removeServicePolicy',
  'setRegionPolicy',
  'removeRegionPolicy',
  'createRegisteredLimits',
  'updateRegisteredLimit',
  'deleteRegisteredLimit',
  'createLimits',
  'updateLimit',
  'deleteLimit',
]);

function grantEvents(): Record<string, Events> {
  const events: Record<string, Events> = {};
  for (const kind of GRANT_KINDS) {
    const { give, revoke } = grantOperations(kind);
    const told =
      (action: Action): Events =>
      ({ params }) => {
        const { role_id: role, project_id: project, domain_id: domain, user_id: user, group_id: group } = params;
        const holder = { project, domain, user, group };
        const fields = { ...holder, inherited_to_projects: kind.inherited, role };
        return [{ action, resourceType: 'role_assignment', resourceId: role as string, fields }];
      };
    events[give.name] = told('created');
    events[revoke.name] = told('deleted');
  }
  return events;
}
