import type { Step } from '../../src/api/inventory.ts';
import type { Correction } from './correction.ts';

const FEDERATION = 'Federation comes with a later issue.';
const login = (...kinds: string[]): readonly Step[] => [{ success: [201], kinds }];
const scopes = (methods: string) =>
  login(...['project', 'domain', 'system'].map((scope) => `methods=${methods} scope=${scope}`));

export const IDENTITY: readonly Correction[] = [
  { by: 'path', where: /OS-FEDERATION|^\/v3\/identity_providers/, leftOut: FEDERATION },
  { by: 'group', where: /OS-FEDERATION/, leftOut: FEDERATION },
  { by: 'group', where: /OS-OAUTH1/, leftOut: 'OAuth 1.0a comes with a later issue.' },
  { by: 'group', where: /OS-OAUTH2/, leftOut: 'OAuth 2.0 comes with a later issue.' },
  {
    by: 'path',
    where: /^\/v3\/policies\/\{policy_id\}\/OS-ENDPOINT-POLICY\/policy$/,
    leftOut:
      'Keystone has no such route: the API reference means /v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy.',
  },
  { by: 'summary', where: /^Password authentication with unscoped/, steps: login('methods=password scope=none') },
  { by: 'summary', where: /^Password authentication with scoped/, steps: scopes('password') },
  {
    by: 'summary',
    where: /^Password authentication with explicit unscoped/,
    steps: login('methods=password scope=unscoped'),
  },
  { by: 'summary', where: /^Token authentication with unscoped/, steps: login('methods=token scope=none') },
  { by: 'summary', where: /^Token authentication with scoped/, steps: scopes('token') },
  {
    by: 'summary',
    where: /^Token authentication with explicit unscoped/,
    steps: login('methods=token scope=unscoped'),
  },
  {
    by: 'summary',
    where: /^Multi-Step authentication/,
    steps: [
      { success: [401], kinds: ['methods=password receipt=given', 'methods=totp receipt=given'] },
      { success: [201], kinds: ['methods=totp receipt=sent', 'methods=password receipt=sent'] },
    ],
  },
  {
    by: 'summary',
    where: /^Authenticating with an Application Credential/,
    steps: login('methods=application_credential'),
  },
  { by: 'summary', where: /^Consuming a trust/, steps: login('scope=trust') },
  {
    by: 'path',
    where: /\/OS-PKI\/revoked$/,
    success: [403],
    note: 'Keystone knows the route and always refuses: there are no PKI tokens any more.',
  },
  {
    by: 'path',
    where: /\/OS-SIMPLE-CERT\//,
    success: [410],
    note: 'Keystone knows the route and always answers 410: there are no PKI tokens any more.',
  },
  { by: 'path', where: /^\/$/, success: [300] },
  { by: 'path', where: /^\/v3\/(ec2|s3)tokens$/, success: [200] },
  {
    by: 'path',
    method: 'GET',
    where: /\/(users|groups)\/\{\w+\}\/roles\/\{role_id\}(\/inherited_to_projects)?$/,
    success: [204],
  },
  { by: 'path', method: 'GET', where: /^\/v3\/groups\/\{group_id\}\/users\/\{user_id\}$/, success: [204] },
  { by: 'path', method: 'GET', where: /\/projects\/\{project_id\}\/endpoints\/\{endpoint_id\}$/, success: [204] },
];
