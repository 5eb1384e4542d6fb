import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { TokenBody } from './auth.ts';
import { anyScope } from './rules.ts';

const Text = T.String({ maxLength: 65_536 });
const Texts = T.Record(T.String({ maxLength: 255 }), T.Union([Text, T.Number(), T.Boolean(), T.Null()]), {
  maxProperties: 256,
});

/** A request that was signed: by whom, and all that the signature is about. */
const Signed = T.Object({
  access: T.Optional(Text),
  signature: T.Optional(T.Union([Text, T.Null()])),
  host: T.Optional(Text),
  verb: T.Optional(Text),
  path: T.Optional(Text),
  params: T.Optional(T.Union([Texts, T.Null()])),
  headers: T.Optional(T.Union([Texts, T.Null()])),
  body_hash: T.Optional(T.Union([Text, T.Null()])),
});

/** A text that was signed, in url-safe base64 in `token`. */
const SignedText = T.Object({
  access: T.Optional(Text),
  signature: T.Optional(Text),
  token: T.Optional(Text),
});

/** By any of three names. */
function named<S extends typeof Signed | typeof SignedText>(shown: S) {
  return T.Object(
    { credentials: T.Optional(shown), credential: T.Optional(shown), ec2Credentials: T.Optional(shown) },
    { minProperties: 1 },
  );
}

export const issueEc2Token = operation({
  name: 'issueEc2Token',
  method: 'POST',
  path: '/v3/ec2tokens',
  summary: 'A token for who signed a request with an EC2 key; for services that take such requests',
  policy: anyScope('ec2tokens_validate', 'rule:service_or_admin'),
  body: named(Signed),
  reply: TokenBody,
  errors: [400, 401, 403, 404],
});

export const issueS3Token = operation({
  name: 'issueS3Token',
  method: 'POST',
  path: '/v3/s3tokens',
  summary: 'What a token of who signed a text with an EC2 key would say; for S3 front ends',
  policy: anyScope('s3tokens_validate', 'rule:service_or_admin'),
  body: named(SignedText),
  reply: TokenBody,
  errors: [400, 401, 403, 404],
});
