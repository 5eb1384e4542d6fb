import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type as T, type TSchema } from 'typebox';
import { Metadata, QueryBoolean } from '../schema/index.ts';
import { bodyValidator, queryValidator } from './validator.ts';

const said = (validate: (value: unknown) => void, value: unknown): string => {
  try {
    validate(value);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};
const ofBody = (schema: TSchema, value: unknown) => said(bodyValidator(schema), value);

const Thing = T.Object(
  {
    name: T.String({ minLength: 2, maxLength: 5, pattern: '^[a-z ]+$', form: 'made of small letters' }),
    tags: T.Optional(T.Array(T.String(), { maxItems: 1 })),
    cidr: T.Optional(T.String({ format: 'cidr' })),
    plain: T.Optional(T.String({ pattern: '^x$' })),
  },
  { additionalProperties: false },
);

test('what is wrong with a field of a body is said in words, with what is allowed', () => {
  assert.equal(
    ofBody(Thing, { name: 'ABC' }),
    'Invalid input for field/attribute name. Value: "ABC". "ABC" is not made of small letters',
  );
  assert.match(ofBody(Thing, { name: 'x' }), /too short: at least 2 characters$/);
  assert.match(ofBody(Thing, { name: 'abcdefg' }), /too long: it has 7, at most 5 characters$/);
  assert.match(ofBody(Thing, { name: 'abc', tags: ['a', 'b'] }), /too long: at most 1 element$/);
  assert.match(ofBody(Thing, { name: 'abc', cidr: 'x' }), /"x" is not a network in CIDR form, like 10\.0\.0\.0\/24$/);
  assert.match(ofBody(Thing, { name: 'abc', plain: 'y' }), /the regular expression '\^x\$'$/);
  assert.match(
    ofBody(Thing, { name: 'abc', other: 1 }),
    /'other' was unexpected\); known are: name, tags, cidr, plain$/,
  );
  assert.match(ofBody(Metadata, { 'a/b': 'c' }), /'a\/b' is not a name that is allowed here$/);
  const change = T.Object({ a: T.Optional(T.String()), b: T.Optional(T.String()) }, { minProperties: 1 });
  assert.match(ofBody(change, {}), /at least 1 field of it must be given; known are: a, b$/);
});

test('what is wrong with a query as a whole is said of its parameters, not of a body', () => {
  const Query = T.Object(
    { limit: T.Optional(T.Integer({ minimum: 0 })), all: T.Optional(QueryBoolean), project_id: T.String() },
    { additionalProperties: false },
  );
  const ofQuery = (value: object) => said(queryValidator(Query), value);
  assert.equal(ofQuery({}), "Invalid input for query parameters: 'project_id' is a required property");
  assert.equal(
    ofQuery({ project_id: 'x', colour: 'red' }),
    "Invalid input for query parameters: Additional properties are not allowed ('colour' was unexpected); known are: limit, all, project_id",
  );
  assert.equal(
    ofQuery({ project_id: 'x', all: 'perhaps' }),
    'Invalid input for query parameters all. Value: "perhaps". "perhaps" is not a truth value, like true or false',
  );
  const Path = T.Object({ id: T.String({ format: 'uuid' }) });
  assert.match(said(queryValidator(Path, 'path'), { id: 'x' }), /^Invalid input for path parameter id\. Value: "x"/);
});
