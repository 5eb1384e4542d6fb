/** AWS's own published examples: the Signature Version 4 test suite, and the guides of IAM, EMR and S3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { s3Signature } from './s3-signature.ts';
import { signatureV2 } from './signature-v2.ts';
import { signatureV4 } from './signature-v4.ts';
import { awsEncode, canonicalQuery, isSameSignature, type SignedRequest, signedTime } from './signed-request.ts';

const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const V4_SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

const vanilla: SignedRequest = {
  access: 'AKIDEXAMPLE',
  signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  host: 'example.amazonaws.com',
  verb: 'GET',
  path: '/',
  params: {},
  headers: {
    Host: 'example.amazonaws.com',
    'X-Amz-Date': '20150830T123600Z',
    Authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  bodyHash: EMPTY_HASH,
};

test('version 4: get-vanilla of the test suite', () => {
  assert.deepEqual(signatureV4(V4_SECRET, vanilla), { date: '20150830T123600Z', signature: vanilla.signature });
  assert.notEqual(signatureV4('another', vanilla)?.signature, vanilla.signature);
  assert.notEqual(signatureV4(V4_SECRET, { ...vanilla, path: '/x' })?.signature, vanilla.signature);
});

test('version 4: ListUsers of IAM, with a query and a content type', () => {
  const request = {
    ...vanilla,
    host: 'iam.amazonaws.com',
    params: { Version: '2010-05-08', Action: 'ListUsers' },
    headers: {
      Host: 'iam.amazonaws.com',
      'Content-Type': 'application/x-www-form-urlencoded;  charset=utf-8',
      'X-Amz-Date': '20150830T123600Z',
      Authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=x',
    },
  };
  const expected = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';
  assert.equal(signatureV4(V4_SECRET, request)?.signature, expected);
});

test('version 4: what contradicts itself has no signature', () => {
  const of = (Authorization: string, date = '20150830T123600Z') =>
    signatureV4(V4_SECRET, { ...vanilla, headers: { ...vanilla.headers, 'X-Amz-Date': date, Authorization } });
  const right = vanilla.headers.Authorization as string;
  assert.ok(of(right));
  assert.equal(of(right, '20150831T123600Z'), undefined);
  assert.equal(of(right.replace('AKIDEXAMPLE', 'AKIDSOMEBODY')), undefined);
  assert.equal(of(right.replace('aws4_request', 'aws4')), undefined);
  assert.equal(of(right.replace('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA1')), undefined);
  assert.equal(of(''), undefined);
});

test('version 2: DescribeJobFlows of EMR', () => {
  const request: SignedRequest = {
    ...vanilla,
    access: 'AKIAIOSFODNN7EXAMPLE',
    host: 'elasticmapreduce.amazonaws.com',
    params: {
      Action: 'DescribeJobFlows',
      Version: '2009-03-31',
      AWSAccessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      SignatureVersion: '2',
      SignatureMethod: 'HmacSHA256',
      Timestamp: '2011-10-03T15:19:30',
      Signature: 'ignored',
    },
    headers: {},
  };
  const expected = 'i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs=';
  assert.equal(signatureV2(SECRET, request, request.host), expected);
  for (const SignatureVersion of ['0', '1', '3', ''])
    assert.equal(signatureV2(SECRET, { ...request, params: { ...request.params, SignatureVersion } }, 'h'), undefined);
});

test('S3: the first scheme with each kind of date', () => {
  const of = (text: string) => s3Signature(SECRET, Buffer.from(text));
  const get = of('GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/awsexamplebucket1/photos/puppy.jpg');
  assert.equal(get?.signature, 'qgk2+6Sv9/oM7G3qLEjTH1a1l1g=');
  assert.equal(get?.signedAtMs, Date.parse('2007-03-27T19:36:42Z'));
  const removal = of('DELETE\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 +0000\n/awsexamplebucket1/photos/puppy.jpg');
  assert.equal(removal?.signedAtMs, Date.parse('2007-03-27T21:20:26Z'));
  const link = of('GET\n\n\n1175139620\n/awsexamplebucket1/photos/puppy.jpg');
  assert.deepEqual([link?.endsAtMs, Number.isNaN(link?.signedAtMs)], [1_175_139_620_000, true]);
  assert.ok(Number.isNaN(of('GET\n\n\nsoon\n/x')?.signedAtMs));
});

test('S3: a text of version 4 that is none', () => {
  const of = (text: string) => s3Signature(SECRET, Buffer.from(text));
  const hash = 'f'.repeat(64);
  assert.ok(of(`AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n${hash}`));
  for (const text of [
    `AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/ec2/aws4_request\n${hash}`,
    `AWS4-HMAC-SHA256\n20130525T000000Z\n20130524/us-east-1/s3/aws4_request\n${hash}`,
    `AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4\n${hash}`,
    `AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n${hash}\n`,
    'AWS4-HMAC-SHA256',
  ])
    assert.equal(of(text), undefined, text);
});

test('queries, times and comparisons', () => {
  assert.equal(awsEncode("a b/c~d!'()*"), 'a%20b%2Fc~d%21%27%28%29%2A');
  assert.equal(canonicalQuery({ b: '2', a: 'x y', 'X-Amz-Signature': 's' }), 'a=x%20y&b=2');
  assert.equal(signedTime('20261122T150000Z'), Date.parse('2026-11-22T15:00:00Z'));
  assert.equal(signedTime('2026-11-22T15:00:00'), Date.parse('2026-11-22T15:00:00Z'));
  assert.equal(signedTime('2026-11-22T15:00:00+01:00'), Date.parse('2026-11-22T14:00:00Z'));
  for (const none of [undefined, '', 'now', '20261122', '1']) assert.ok(Number.isNaN(signedTime(none)), String(none));
  assert.equal(isSameSignature('abc', 'abc'), true);
  for (const other of ['abd', 'ab', 'abcd', '']) assert.equal(isSameSignature(other, 'abc'), false);
});
