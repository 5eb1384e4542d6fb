import { type BadRequest, type Known, NOBODY, refused, TOO_LONG } from './bad-request.ts';

const bad = refused('identity');
const login = (identity: unknown, scope?: unknown) => ({
  as: null,
  body: { auth: { identity, ...(scope ? { scope } : {}) } },
});
const password = (value: unknown) => ({
  methods: ['password'],
  password: { user: { name: 'demo', domain: { id: 'default' }, password: value } },
});

export const identityRequests = ({
  adminProjectId,
  projectId,
  userId,
  expiredToken,
  revokedToken,
}: Known): BadRequest[] => [
  bad('no credentials', 400, 'POST', '/auth/tokens', { as: null, body: {}, says: /auth/ }),
  bad('methods is a text', 400, 'POST', '/auth/tokens', { ...login({ methods: 'password' }), says: /methods/ }),
  bad('a wrong password', 401, 'POST', '/auth/tokens', login(password('wrong'))),
  bad('a password that is a number', 400, 'POST', '/auth/tokens', { ...login(password(5)), says: /password/ }),
  bad('a method that nobody knows', 401, 'POST', '/auth/tokens', login({ methods: ['dance'] })),
  bad('no token', 401, 'GET', '/users', { as: null }),
  bad('a token that is none', 401, 'GET', '/users', { as: { token: 'gAAAAABnothing' } }),
  bad('an expired token', 401, 'GET', '/auth/projects', { as: { token: expiredToken } }),
  bad('a revoked token', 401, 'GET', '/auth/projects', { as: { token: revokedToken } }),
  bad('the token of a member', 403, 'GET', '/users'),
  bad('the token of a member, to make a project', 403, 'POST', '/projects', { body: { project: { name: 'mine' } } }),
  bad('a login with a token that is not valid', 404, 'POST', '/auth/tokens', {
    ...login({ methods: ['token'], token: { id: expiredToken } }, { project: { id: adminProjectId } }),
  }),
  bad('a user without a name', 400, 'POST', '/users', { as: 'admin', body: { user: {} }, says: /name/ }),
  bad('an overlong name', 400, 'POST', '/users', { as: 'admin', body: { user: { name: TOO_LONG } }, says: /name/ }),
  bad('enabled is a text', 400, 'POST', '/projects', {
    as: 'admin',
    body: { project: { name: 'p', enabled: 'perhaps' } },
    says: /enabled/,
  }),
  bad('a project name that is taken', 409, 'POST', '/projects', { as: 'admin', body: { project: { name: 'demo' } } }),
  bad('an unknown project', 404, 'GET', `/projects/${NOBODY}`, { as: 'admin', says: new RegExp(NOBODY) }),
  bad('an unknown domain', 404, 'GET', '/domains/nowhere', { as: 'admin' }),
  bad('a role that nobody knows', 404, 'PUT', `/projects/${projectId}/users/${userId}/roles/${NOBODY}`, {
    as: 'admin',
  }),
  bad('a region below one that is not there', 404, 'POST', '/regions', {
    as: 'admin',
    body: { region: { id: 'r', parent_region_id: 'nowhere' } },
  }),
  bad('an endpoint of no service', 400, 'POST', '/endpoints', {
    as: 'admin',
    body: { endpoint: { interface: 'public', url: 'http://x/', service_id: NOBODY } },
  }),
  bad('an endpoint with an interface that is none', 400, 'POST', '/endpoints', {
    as: 'admin',
    body: { endpoint: { interface: 'secret', url: 'http://x/', service_id: NOBODY } },
    says: /interface/,
  }),
];
