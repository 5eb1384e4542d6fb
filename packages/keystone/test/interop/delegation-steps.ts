import type { Remote } from './remote.ts';
import { type Step, StepLog } from './step-log.ts';

const TRUSTS = '/v3/OS-TRUST/trusts';
const END = '2199-01-01T00:00:00.123456';
const RULES_HEADER = { 'openstack-identity-access-rules': '1' };

/** Three users, a project, two roles of the first user in it. */
interface Stage {
  readonly log: StepLog;
  readonly admin: string;
  readonly users: readonly { readonly id: string }[];
  readonly projectId: string;
  readonly roleIds: readonly string[];
}

/** Trusts and application credentials from their making to their end, and all that is refused on the way. */
export async function delegationSteps(remote: Remote, adminPassword: string): Promise<readonly Step[]> {
  const stage = await setUp(remote, adminPassword);
  await trustSteps(stage);
  await credentialSteps(stage);
  return stage.log.steps;
}

async function setUp(remote: Remote, adminPassword: string): Promise<Stage> {
  const log = new StepLog(remote);
  const admin = await remote.logIn('admin', adminPassword, { project: { name: 'admin', domain: { id: 'default' } } });
  const make = async (kind: string, name: string): Promise<{ id: string }> => {
    const body = { [kind]: { name, ...(kind === 'user' ? { password: 'pw' } : {}) } };
    const made = (await remote.expect(201, 'POST', `/v3/${kind}s`, { token: admin, body }))[kind];
    log.name(made.id, name);
    return made;
  };
  const users = [await make('user', 'u1'), await make('user', 'u2'), await make('user', 'u3')];
  const { id: projectId } = await make('project', 'p');
  const roleIds = [(await make('role', 'r1')).id, (await make('role', 'r2')).id];
  for (const id of roleIds)
    await remote.expect(204, 'PUT', `/v3/projects/${projectId}/users/${users[0]?.id}/roles/${id}`, { token: admin });
  return { log, admin, users, projectId, roleIds };
}

const password = (name: string) => ({
  methods: ['password'],
  password: { user: { name, domain: { id: 'default' }, password: 'pw' } },
});
const credential = (part: object) => ({ methods: ['application_credential'], application_credential: part });

async function trustSteps(stage: Stage): Promise<void> {
  const { log, users, projectId, roleIds } = stage;
  const token = await log.remote.logIn('u1', 'pw', { project: { id: projectId } });
  const [u1, u2, u3] = users.map((user) => user.id);
  const [r1, r2] = roleIds;
  const base = {
    trustor_user_id: u1,
    trustee_user_id: u2,
    project_id: projectId,
    impersonation: true,
    roles: [{ id: r1 }],
  };
  const create = (what: string, changes: object, by = token) =>
    log.step(`trust, ${what}`, 'POST', TRUSTS, { token: by, body: { trust: { ...base, ...changes } } });
  const { trust } = (await create('plain', { expires_at: `${END}Z`, allow_redelegation: true, note: 'x' })).body;
  log.name(trust.id, 'trust');
  for (const [what, changes] of Object.entries(WRONG_TRUSTS)) await create(what, changes);
  await create('again', { expires_at: `${END}Z` });
  await create('roles by id and name', { roles: [{ id: r1, name: 'r1' }] });
  for (const path of ['', '/roles', `/roles/${r1}`, `/roles/${r2}`])
    await log.step('shown', 'GET', `${TRUSTS}/${trust.id}${path}`, { token });
  await log.step('head', 'HEAD', `${TRUSTS}/${trust.id}/roles/${r1}`, { token });
  for (const query of [`?trustor_user_id=${u1}`, '', '/nothing', `?trustee_user_id=${u2}`])
    await log.step('list', 'GET', `${TRUSTS}${query}`, { token });
  const by = await trustLogins(stage, trust.id);
  const next = (await create('passed on', { trustee_user_id: u3 }, by)).body.trust;
  log.name(next?.id, 'passed on');
  await create('passed on, wider', { trustee_user_id: u3, roles: [{ id: r2 }] }, by);
  await create('passed on, counted', { trustee_user_id: u3, remaining_uses: 1 }, by);
  await create('passed on, longer', { trustee_user_id: u3, expires_at: '2199-02-01T00:00:00Z' }, by);
  await create(
    'passed on, another depth',
    { trustee_user_id: u3, allow_redelegation: true, redelegation_count: 1 },
    by,
  );
  const once = (await create('once', { remaining_uses: 1, impersonation: false })).body.trust;
  log.name(once.id, 'once');
  for (const what of ['once', 'twice']) await log.auth(what, password('u2'), { 'OS-TRUST:trust': { id: once.id } });
  for (const method of ['GET', 'DELETE']) await log.step('used up', method, `${TRUSTS}/${once.id}`, { token });
  await log.step('used up, list', 'GET', `${TRUSTS}?trustee_user_id=${u2}`, { token: by });
  await log.step('by another', 'DELETE', `${TRUSTS}/${trust.id}`, { token: await log.remote.logIn('u3', 'pw') });
  for (const what of ['end', 'end again']) await log.step(what, 'DELETE', `${TRUSTS}/${trust.id}`, { token });
  await log.step('end of what was passed on', 'GET', `${TRUSTS}/${next?.id}`, { token });
}

const WRONG_TRUSTS: Readonly<Record<string, object>> = {
  'no roles': { roles: [] },
  'unknown role': { roles: [{ id: 'x' }] },
  'unknown name of a role': { roles: [{ name: 'x' }] },
  'a role that the trustor has not': { roles: [{ name: 'admin' }] },
  'another trustor': { trustor_user_id: 'x' },
  'unknown trustee': { trustee_user_id: 'x' },
  'unknown project': { project_id: 'x' },
  'no project': { project_id: null, roles: [], impersonation: false },
  'no time': { expires_at: 'bad.123Z' },
  'past time': { expires_at: '2011-01-01T00:00:00Z' },
  'no uses': { remaining_uses: 0 },
  'uses and redelegation': { remaining_uses: 2, allow_redelegation: true },
  'too deep': { allow_redelegation: true, redelegation_count: 4 },
  'unknown part of a role': { roles: [{ fake: 'x' }] },
  'impersonation as text': { impersonation: 'x' },
};

/** Logins with a trust; gives a token of it. */
async function trustLogins({ log, admin, projectId }: Stage, trustId: string): Promise<string> {
  const scope = { 'OS-TRUST:trust': { id: trustId } };
  const answer = await log.auth('trustee', password('u2'), scope);
  const by = answer.headers.get('x-subject-token') as string;
  await log.auth('not the trustee', password('u3'), scope);
  await log.auth('no such trust', password('u2'), { 'OS-TRUST:trust': { id: 'x' } });
  await log.auth('without id', password('u2'), { 'OS-TRUST:trust': {} });
  await log.auth('text for a trust', password('u2'), { 'OS-TRUST:trust': '' });
  await log.auth('two scopes', password('u2'), { ...scope, project: { id: projectId } });
  const withToken = (id: string) => ({ methods: ['token'], token: { id } });
  for (const wanted of [undefined, { project: { id: projectId } }, 'unscoped', scope, { system: { all: true } }])
    await log.auth('again with the trust’s token', withToken(by), wanted);
  await log.auth('with an unscoped token', withToken(await log.remote.logIn('u2', 'pw')), scope);
  await log.step('validate', 'GET', '/v3/auth/tokens?nocatalog', { token: admin, headers: { 'x-subject-token': by } });
  return by;
}

async function credentialSteps(stage: Stage): Promise<void> {
  const { log, users, projectId } = stage;
  const token = await log.remote.logIn('u1', 'pw', { project: { id: projectId } });
  const home = `/v3/users/${users[0]?.id}`;
  const path = `${home}/application_credentials`;
  const create = async (what: string, values: object, by = token) => {
    const call = { token: by, body: { application_credential: values } };
    const made = (await log.step(`credential, ${what}`, 'POST', path, call)).body.application_credential;
    log.name(made?.id, what);
    return made;
  };
  const plain = await create('plain', { name: 'c1' });
  const rule = { service: 'identity', method: 'GET', path: '/v3/users/{user_id}' };
  const values = { name: 'c2', description: 'd', secret: 'chosen', unrestricted: true };
  const full = await create('full', { ...values, expires_at: END, roles: [{ name: 'r1' }], access_rules: [rule] });
  const [{ id: ruleId }] = full.access_rules;
  log.name(ruleId, 'rule');
  for (const [what, wrong] of Object.entries(WRONG_CREDENTIALS)) await create(what, { name: 'x', ...wrong });
  await create('rule by id', { name: 'c3', access_rules: [{ id: ruleId }] });
  await create('no rules', { name: 'c4', access_rules: [] });
  for (const query of ['', '?name=c2', `/${full.id}`, '/x']) await log.step('show', 'GET', path + query, { token });
  const other = await log.remote.logIn('u2', 'pw');
  await log.step('show to another', 'GET', `${path}/${full.id}`, { token: other });
  for (const query of ['', `/${ruleId}`, '/x'])
    await log.step('rules', 'GET', `${home}/access_rules${query}`, { token });
  await log.step('rule in use', 'DELETE', `${home}/access_rules/${ruleId}`, { token });
  const tokens = await credentialLogins(stage, plain);
  await create('by a restricted one', { name: 'n' }, tokens.plain);
  await log.step('restricted', 'DELETE', `${path}/${full.id}`, { token: tokens.plain });
  await log.step('restricted', 'GET', path, { token: tokens.plain });
  const allowed = { token: tokens.full, headers: RULES_HEADER };
  await log.step('allowed by rule', 'GET', home, allowed);
  for (const what of ['end', 'end again']) await log.step(what, 'DELETE', `${path}/${full.id}`, { token });
  await log.auth('after its end', credential({ id: full.id, secret: 'chosen' }));
}

const WRONG_CREDENTIALS: Readonly<Record<string, object>> = {
  'same name': { name: 'c1' },
  'without name': { name: undefined },
  'unknown role': { roles: [{ id: 'x' }] },
  'unknown name of a role': { roles: [{ name: 'zz' }] },
  'a role that the owner has not': { roles: [{ name: 'admin' }] },
  'past time': { expires_at: '2011-01-01T00:00:00' },
  'no time': { expires_at: 'z' },
  'unknown property': { zz: 1 },
  'wrong method': { access_rules: [{ service: 'a', method: 'OPTIONS', path: '/' }] },
  'wrong path': { access_rules: [{ service: 'a', method: 'GET', path: 'a' }] },
};

interface Made {
  readonly id: string;
  readonly secret: string;
}

/** Logins with application credentials; gives a token of each. */
async function credentialLogins({ log, admin, users, projectId }: Stage, { id, secret }: Made) {
  const user = { name: 'u1', domain: { id: 'default' } };
  const tokenOf = async (what: string, part: object) =>
    (await log.auth(what, credential(part))).headers.get('x-subject-token') as string;
  const tokens = {
    plain: await tokenOf('by id', { id, secret }),
    full: await tokenOf('by name', { name: 'c2', user, secret: 'chosen' }),
  };
  await log.auth('wrong secret', credential({ id, secret: 'x' }));
  await log.auth('unknown id', credential({ id: 'x', secret: 'x' }));
  await log.auth('unknown name', credential({ name: 'x', user: { id: users[0]?.id }, secret: 'x' }));
  await log.auth('neither id nor name', credential({ secret: 'x' }));
  await log.auth('no user', credential({ name: 'c1', secret: 'x' }));
  await log.auth('no domain', credential({ name: 'c1', user: { name: 'u1' }, secret: 'x' }));
  const scope = { project: { id: projectId } };
  await log.auth('with a scope', credential({ id, secret }), scope);
  await log.auth('another scope', { methods: ['token'], token: { id: tokens.plain } }, scope);
  const headers = { 'x-subject-token': tokens.full };
  const url = '/v3/auth/tokens?nocatalog';
  await log.step('validate, rules unknown', 'GET', url, { token: admin, headers });
  await log.step('validate, rules known', 'GET', url, { token: admin, headers: { ...headers, ...RULES_HEADER } });
  return tokens;
}
