import type { Operation } from '@kumo/core/http';
import { TestKeystone } from '../../../../keystone/test/harness.ts';
import type { Caller, Ids, Target, World } from '../world.ts';
import { asksOf } from './keystone-asks.ts';
import { KeystoneTokens } from './keystone-personas.ts';
import { makeResources } from './keystone-resources.ts';

/** As with Keystone itself, and as keystone-tempest-plugin asks: 404 for what is not there, whoever asks. */
const TELLING = [
  'updateDomain',
  'deleteDomain',
  'deleteGroup',
  'showRole',
  'updateRole',
  'deleteRole',
  'showTrust',
  'deleteTrust',
  'listTrustRoles',
  'showTrustRole',
  'showEc2Credential',
  'deleteEc2Credential',
];
const NO_CATALOG = { status: 403, why: 'Keystone gives the catalog of a project only, whatever the rule says' };

export async function keystoneWorld(databaseUrl: string): Promise<World> {
  const keystone = await TestKeystone.start({ databaseUrl });
  const people = await KeystoneTokens.make(keystone);
  return {
    service: 'identity',
    app: keystone.daemon.app!,
    callers: people.callers,
    hides: false,
    tells: Object.fromEntries(TELLING.map((name) => [name, 'Keystone looks for these before it asks the rule'])),
    leftOut: {
      issueEc2Token: 'asks for a signature: its answers are those of a login',
      issueS3Token: 'asks for a signature: its answers are those of a login',
    },
    exceptions: {
      'authCatalog systemReader': NO_CATALOG,
      'authCatalog systemAdmin': NO_CATALOG,
      'authCatalog domainManager': NO_CATALOG,
      'authCatalog otherDomainManager': NO_CATALOG,
    },
    make: () => makeResources(keystone, people),
    keeps: ({ method, name }) =>
      method === 'PATCH' || method === 'HEAD' || (method === 'POST' && name !== 'createLimits'),
    ask: ({ name }, ids) => asksOf(ids)[name],
    target: (operation, ids, caller) => targetOf(operation, { ...ids, ...asksOf(ids)[operation.name]?.ids }, caller),
    stop: () => keystone.stop(),
  };
}

/** What the rules read, flat; the things are all of domain Default, and a list of credentials is of the caller's own. */
function targetOf({ path, method }: Operation, ids: Ids, { credentials }: Caller): Target {
  const owner = ids.member_user_id;
  const namesOne = path.includes('{');
  // What is made without a domain is made in that of the token; lists are of it.
  const domainId = namesOne ? 'default' : (credentials.domain_id ?? (method === 'GET' ? null : 'default'));
  return {
    user_id: path.includes('{user_id}') ? ids.user_id : credentials.user_id,
    'target.user.id': ids.user_id,
    'target.user.domain_id': domainId,
    'target.group.domain_id': domainId,
    'target.project.id': path.includes('{project_id}') ? ids.project_id : undefined,
    'target.project.domain_id': path.includes('/projects') ? domainId : undefined,
    'target.domain.id': path.includes('{domain_id}') ? ids.domain_id : credentials.domain_id,
    // Lists are of the caller's own domain.
    'target.domain_id': credentials.domain_id,
    'target.role.domain_id': null,
    'target.role.name': ids.role_name,
    'target.credential.user_id': !namesOne && method === 'GET' ? credentials.user_id : owner,
    'target.trust.trustor_user_id': owner,
    'target.trust.trustee_user_id': ids.reader_user_id,
    'target.token.user_id': owner,
    'target.limit.project_id': ids.project_id,
    'target.limit.project.domain_id': 'default',
  };
}
