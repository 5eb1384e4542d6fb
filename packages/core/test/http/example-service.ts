import { Readable } from 'node:stream';
import { Type as T } from 'typebox';
import { defineError } from '../../src/errors/index.ts';
import {
  type AppOptions,
  createApp,
  implement,
  novaEnvelope,
  operation,
  policiesOf,
  type TokenInfo,
} from '../../src/http/index.ts';
import { silentLogger } from '../../src/log/index.ts';
import { before, change, changed, since, until } from '../../src/microversion/index.ts';
import { PolicySet, policy } from '../../src/policy/index.ts';
import { Name255, Nullable, Uuid } from '../../src/schema/index.ts';

/** A little service with everything in it that `core/http` offers. */

const member = policy('thing:use', 'role:member and project_id:%(project_id)s');
const admin = policy('thing:admin', 'role:admin');
const Thing = T.Object({
  id: T.String(),
  name: T.String(),
  size: T.Integer(),
  colour: T.Optional(since('2.5', T.String())),
  shape: T.Optional(until('2.3', T.String())),
  flavor: T.Optional(T.Any()),
});

export const createThing = operation({
  name: 'createThing',
  method: 'POST',
  path: '/v2/{project_id}/things',
  policy: member,
  body: T.Object(
    {
      thing: T.Object(
        {
          name: Name255,
          size: changed('2.7', T.Integer({ minimum: 1, maximum: 100 }), T.Optional(T.Integer({ minimum: 1 }))),
          parent_id: T.Optional(Nullable(Uuid)),
          colour: T.Optional(since('2.5', T.String())),
          password: T.Optional(T.String({ maxLength: 4 })),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ thing: Thing }),
  status: 202,
  errors: [400, 403],
});
export const listThings = operation({
  name: 'listThings',
  method: 'GET',
  path: '/v2/{project_id}/things',
  policy: member,
  head: true,
  query: T.Object(
    {
      limit: T.Optional(T.Integer({ minimum: 0 })),
      deleted: T.Boolean({ default: false }),
      tag: T.Optional(T.Array(T.String())),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ things: T.Array(Thing), query: T.Optional(T.Any()) }),
});
export const showThing = operation({
  name: 'showThing',
  method: 'GET',
  path: '/v2/{project_id}/things/{id}',
  policy: member,
  authorize: 'resource',
  reply: T.Object({ thing: Thing }),
});
export const deleteThing = operation({
  name: 'deleteThing',
  method: 'DELETE',
  path: '/v2/{project_id}/things/{id}',
  policy: admin,
});
export const startThing = operation({
  name: 'startThing',
  method: 'POST',
  path: '/v2/{project_id}/things/{id}/action',
  action: 'os-start',
  policy: member,
  body: T.Object({ 'os-start': T.Null() }, { additionalProperties: false }),
  status: 202,
});
export const resizeThing = operation({
  name: 'resizeThing',
  method: 'POST',
  path: '/v2/{project_id}/things/{id}/action',
  action: 'resize',
  policy: member,
  versions: { min: '2.4' },
  body: T.Object({ resize: T.Object({ size: T.Integer() }) }),
  reply: T.Object({ size: T.Integer() }),
});
export const oldOnly = operation({
  name: 'oldOnly',
  method: 'GET',
  path: '/v2/old',
  policy: 'authenticated',
  versions: { max: '2.2' },
  reply: T.Object({ old: T.Boolean() }),
});
export const upload = operation({
  name: 'upload',
  method: 'PUT',
  path: '/v2/data/{id}',
  policy: 'authenticated',
  stream: 'request',
  maxBodyBytes: 8 << 20,
  reply: T.Object({ bytes: T.Integer() }),
});
export const download = operation({
  name: 'download',
  method: 'GET',
  path: '/v2/data/{path*}',
  policy: 'authenticated',
  stream: 'response',
});
export const whoAmI = operation({
  name: 'whoAmI',
  method: 'GET',
  path: '/v2/me',
  policy: 'authenticated',
  reply: T.Record(T.String(), T.Unknown()),
});
export const fail = operation({
  name: 'fail',
  method: 'POST',
  path: '/v2/fail',
  policy: 'none',
  body: T.Object({ kind: T.String() }),
  reply: T.Object({}),
});
export const unguarded = operation({
  name: 'unguarded',
  method: 'GET',
  path: '/v2/unguarded',
  policy: member,
  authorize: 'resource',
  reply: T.Object({ secret: T.String() }),
});

export const wait = operation({
  name: 'wait',
  method: 'GET',
  path: '/v2/wait',
  policy: 'authenticated',
  reply: T.Object({}),
});
export const endless = operation({
  name: 'endless',
  method: 'GET',
  path: '/v2/endless',
  policy: 'authenticated',
  stream: 'response',
});
/** What became of the requests that never end by themselves. */
export const ended = { waits: 0, streams: 0 };

export const operations = {
  wait,
  endless,
  createThing,
  listThings,
  showThing,
  deleteThing,
  startThing,
  resizeThing,
  oldOnly,
  upload,
  download,
  whoAmI,
  fail,
  unguarded,
};

export const thingNotFound = defineError('notFound', 'ThingNotFound', 'Thing {id} could not be found.');
export const tooManyThings = defineError('overQuota', 'TooManyThings', 'Quota exceeded for things: {limit}.');

export const changes = [
  change(
    '2.6',
    'A thing embeds its flavor.',
    before(showThing, { reply: ({ thing }) => ({ thing: { ...thing, flavor: { id: thing.flavor.id } } }) }),
  ),
  change(
    '2.7',
    'size is required.',
    before(createThing, { request: ({ thing }) => ({ thing: { ...thing, size: thing.size ?? 1 } }) }),
  ),
];

const thing = { id: 'one', name: 'One', size: 3, colour: 'red', shape: 'round', flavor: { id: 'f', ram: 5 } };
const routes = [
  implement(createThing, ({ body }) => ({ thing: { ...thing, name: body.thing.name, size: body.thing.size } })),
  implement(listThings, async ({ query }) => ({ things: [thing], query })),
  implement(showThing, async ({ params, authorize }) => {
    const row = { project_id: params.id === 'foreign' ? 'p2' : 'p1' };
    authorize(row, params.id === 'foreign' ? { notFound: thingNotFound({ id: params.id }) } : {});
    if (params.id !== 'one') throw thingNotFound({ id: params.id });
    return { thing };
  }),
  implement(deleteThing, async () => {}),
  implement(startThing, async () => {}),
  implement(resizeThing, async ({ body }) => ({ size: body.resize.size })),
  implement(oldOnly, async () => ({ old: true })),
  implement(upload, async ({ body }) => {
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    return { bytes };
  }),
  implement(download, async ({ params, reply }) => {
    if (params.path === 'broken') return Readable.from(brokenStream());
    reply.header('x-path', params.path);
    return Readable.from([Buffer.from('some '), Buffer.from('bytes')]);
  }),
  implement(whoAmI, async ({ ctx, allows, request }) => ({
    ...ctx,
    token: undefined,
    admin: allows('thing:admin'),
    baseUrl: request.baseUrl,
  })),
  implement(fail, async ({ body }) => {
    if (body.kind === 'quota') throw tooManyThings({ limit: 5 }, { headers: { 'Retry-After': '30' } });
    if (body.kind === 'notFound') throw thingNotFound({ id: 'x<y' });
    throw new Error('the password is hunter2');
  }),
  implement(wait, async ({ request: { signal } }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    ended.waits++;
    return {};
  }),
  implement(endless, async () => {
    const source = new Readable({
      read() {
        this.push(Buffer.alloc(16_384));
      },
    });
    source.once('close', () => ended.streams++);
    return source;
  }),
  implement(unguarded, async () => ({ secret: 'seen' })),
];

// biome-ignore lint/correctness/useYield: fails before its first byte
async function* brokenStream(): AsyncGenerator<Buffer> {
  throw new Error('disk gone');
}

const people: Record<string, TokenInfo> = {
  member: { userId: 'u1', projectId: 'p1', roles: ['member', 'reader'], auditIds: ['audit-1'] },
  other: { userId: 'u2', projectId: 'p2', roles: ['member', 'reader'], auditIds: ['audit-2'] },
  admin: { userId: 'u3', projectId: 'p1', roles: ['admin', 'member'], auditIds: ['audit-3'] },
  service: { userId: 'u4', projectId: 'p4', roles: ['service'], auditIds: ['audit-4'] },
};

export function exampleApp(overrides: Partial<AppOptions> = {}) {
  return createApp({
    service: 'thing-api',
    type: 'thing',
    routes,
    envelope: novaEnvelope,
    versions: [
      {
        id: 'v2.1',
        status: 'CURRENT',
        version: '2.9',
        minVersion: '2.1',
        updated: '2026-01-01T00:00:00Z',
        path: '/v2/',
      },
    ],
    versionsStatus: 300,
    microversions: { header: 'thing', legacyHeader: 'X-OpenStack-Thing-API-Version', min: '2.1', max: '2.9', changes },
    tokens: {
      validate: async (token, options) =>
        token === 'expired' ? (options?.allowExpired ? people.member : undefined) : people[token],
    },
    policies: new PolicySet(policiesOf(routes)),
    log: silentLogger,
    authUri: 'http://keystone:5000',
    requestIdHeaders: ['x-compute-request-id'],
    checkReplies: true,
    ...overrides,
  });
}
