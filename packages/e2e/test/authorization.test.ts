/**
 * Every operation of every service, asked by those who may not: without a token, with one that is none, as a reader, and as a
 * member and a reader of another project. Generated from the contracts, so that a new operation is asked as well.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Operation } from '@kumo/core/http';
import type { Api, ServiceName } from '../src/api.ts';
import { OPERATIONS } from '../src/authorization/operations.ts';
import { makePeople, type People } from '../src/authorization/people.ts';
import { sample, UNKNOWN } from '../src/authorization/sample-body.ts';
import { type Ids, MARK, makeThings } from '../src/authorization/things.ts';
import { Cloud } from '../src/cloud.ts';
import { differences, dumpDatabases } from '../src/database-dump.ts';

/** Names of paths that are nobody's. */
const COMMON: Ids = {
  region_id: 'RegionOne',
  resource_type: 'networks',
  schema: 'image',
  alias: 'router',
  class_name: 'default',
  quota_class_name: 'default',
  resource_class: 'VCPU',
  name: 'VCPU',
  flavor_id: '42',
  domain_id: 'default',
  member_id: 'nobody',
  network_label: MARK,
  tag: MARK,
  key: MARK,
};
/** What everybody with a token may read about anything. */
const EVERYBODYS = new Set([
  'showDomain',
  'showRegion',
  'showSchema',
  'showFlavor',
  'listExtraSpecs',
  'showExtension',
  'showQuotaDefaults',
]);
/** What asks for the caller's own password, or is about the caller's own token. */
const OWN = new Set(['issueToken', 'changePassword', 'revokeToken', 'validateToken', 'createKeyPair']);

let cloud: Cloud;
let people: People;
let known: Ids;
before(async () => {
  cloud = await Cloud.start({ fake: true });
  const admin = await cloud.api('admin');
  people = await makePeople(admin);
  known = await makeThings(admin, people.owner);
  // The first look at its groups makes a project's default one.
  await people.other.get('network', '/security-groups');
});
after(() => cloud?.[Symbol.asyncDispose]());

interface Answer {
  status: number;
  text: string;
}

async function ask(service: ServiceName, operation: Operation, ids: Ids, token: string | null): Promise<Answer> {
  const { method, action, body, contentTypes, stream, query } = operation;
  const path = operation.path.replace(/\{(\w+)\*?\}/g, (_, name: string) => ids[name] ?? COMMON[name] ?? UNKNOWN);
  const { required = [] } = (query ?? {}) as { required?: string[] };
  const asked = required.map((name) => `${name}=${ids[name] ?? 'x'}`).join('&');
  const isRaw = stream === 'request' || stream === 'both';
  const content = isRaw ? 'bytes' : JSON.stringify(body ? sample(body as object) : { [action ?? 'x']: null });
  const reply = await fetch(`${people.owner.urls[service]}${path}${asked && `?${asked}`}`, {
    method,
    headers: {
      ...(token === null ? {} : { 'x-auth-token': token }),
      'content-type': contentTypes?.[0] ?? (isRaw ? 'application/octet-stream' : 'application/json'),
      'openstack-api-version': { compute: 'compute 2.93', volume: 'volume 3.60', placement: 'placement 1.39' }[
        service as 'compute'
      ],
    },
    body: method === 'GET' || method === 'HEAD' ? undefined : content,
  });
  return { status: reply.status, text: await reply.text() };
}

const isRead = ({ method }: Operation) => method === 'GET' || method === 'HEAD';
const namesOne = ({ path }: Operation) => path.includes('{');
const withoutIds = ({ status, text }: Answer) => [
  status,
  text.replaceAll(/[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/g, 'ID'),
];
/** The same things by ids that nobody has. */
const unknown = (): Ids => Object.fromEntries(Object.keys(known).map((name) => [name, UNKNOWN]));

test('OSSA-2012-015: without a valid token every operation that is not public answers 401', async () => {
  const secured = OPERATIONS.filter(({ operation }) => operation.policy !== 'none');
  assert.ok(secured.length > 300, `${secured.length} operations`);
  for (const { service, operation } of secured) {
    for (const token of [null, `gAAAAA${'x'.repeat(180)}`]) {
      const { status, text } = await ask(service, operation, known, token);
      assert.equal(status, 401, `${service} ${operation.name}: ${text}`);
    }
  }
});

test('a reader reads and changes nothing', async () => {
  const before = dumpDatabases(cloud.stateDir);
  for (const { service, operation } of OPERATIONS) {
    if (isRead(operation) || OWN.has(operation.name)) continue;
    const { status, text } = await ask(service, operation, known, people.reader.token);
    assert.ok([400, 403, 404].includes(status), `${service} ${operation.name}: ${status} ${text}`);
  }
  assert.deepEqual(differences(before, dumpDatabases(cloud.stateDir)), []);
});

for (const who of ['other', 'otherReader'] as const) {
  test(`to ${who} the things of another project are not there, and stay as they are`, async () => {
    const before = dumpDatabases(cloud.stateDir);
    const asker: Api = people[who];
    for (const { service, operation } of OPERATIONS) {
      if (OWN.has(operation.name) || (!isRead(operation) && !namesOne(operation))) continue;
      const answer = await ask(service, operation, known, asker.token);
      const line = `${service} ${operation.name}: ${answer.status} ${answer.text}`;
      assert.ok(answer.status < 500, line);
      assert.doesNotMatch(answer.text, new RegExp(`"${MARK}"`), line);
      if (!namesOne(operation) || EVERYBODYS.has(operation.name)) continue;
      assert.ok([400, 403, 404].includes(answer.status), line);
      const aboutNothing = await ask(service, operation, unknown(), asker.token);
      assert.deepEqual(withoutIds(answer), withoutIds(aboutNothing), line);
    }
    assert.deepEqual(differences(before, dumpDatabases(cloud.stateDir)), []);
  });
}
