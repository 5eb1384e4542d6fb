import { Readable } from 'node:stream';
import { Type as T } from 'typebox';
import { client } from '../../src/client/client.ts';
import type { Transport } from '../../src/client/transport.ts';
import { operation } from '../../src/http/operation.ts';
import { implement } from '../../src/http/route.ts';
import { policy } from '../../src/policy/index.ts';

const create = operation({
  name: 'createThing',
  method: 'POST',
  path: '/v3/{project_id}/things',
  policy: policy('thing:create', 'role:member'),
  body: T.Object({ thing: T.Object({ name: T.String(), size: T.Optional(T.Integer()) }) }),
  reply: T.Object({ thing: T.Object({ id: T.String() }) }),
  status: 202,
  errors: [400],
});
const list = operation({
  name: 'listThings',
  method: 'GET',
  path: '/things',
  policy: 'authenticated',
  query: T.Object({ limit: T.Optional(T.Integer()) }),
  reply: T.Object({ things: T.Array(T.Object({ id: T.String() })) }),
});
const remove = operation({ name: 'deleteThing', method: 'DELETE', path: '/things/{id}', policy: 'authenticated' });
const upload = operation({
  name: 'upload',
  method: 'PUT',
  path: '/things/{id}/file',
  policy: 'authenticated',
  stream: 'request',
});
const download = operation({
  name: 'download',
  method: 'GET',
  path: '/things/{id}/{path*}',
  policy: 'authenticated',
  stream: 'response',
});

export const routes = [
  implement(create, ({ body, params }) => {
    const size: number | undefined = body.thing.size;
    return { thing: { id: params.project_id + body.thing.name + size } };
  }),
  implement(list, async ({ query }) => ({ things: [{ id: String(query.limit) }] })),
  implement(remove, async ({ params }) => {
    params.id satisfies string;
  }),
  implement(upload, async ({ body }) => {
    body.resume();
  }),
  implement(download, async ({ params }) => Readable.from([params.path, params.id])),
  // @ts-expect-error: the reply lacks its id
  implement(create, async () => ({ thing: {} })),
];

export async function calls(transport: Transport) {
  const c = client({ create, list, remove, upload, download, other: T.String() }, transport, { from: 'a', to: 'b' });
  const made = await c.create({ params: { project_id: 'x' }, body: { thing: { name: 'x' } } });
  made.thing.id satisfies string;
  await c.list();
  await c.list({ query: { limit: 3 }, token: 'x' });
  const raw = await c.list.raw({ query: {} });
  raw.body.things[0]?.id satisfies string | undefined;
  await c.remove({ params: { id: 'x' } });
  await c.upload({ params: { id: 'x' }, body: Readable.from('x') });
  (await c.download({ params: { id: 'x', path: 'a' } })) satisfies Readable;
  // @ts-expect-error: params are needed
  await c.remove();
  // @ts-expect-error: a body is needed
  await c.create({ params: { project_id: 'x' } });
  const byName = client([list, remove], transport, { from: 'a', to: 'b' });
  await byName.listThings();
  await byName.deleteThing({ params: { id: 'x' } });
}
