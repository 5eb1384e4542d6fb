import type { Area } from '../area.ts';
import { zedPersonas } from './zed-personas.ts';

export const identity: Area = {
  tests: '^tempest\\.api\\.identity|^keystone_tempest_plugin',
  packages: ['tempest', 'keystone-tempest-plugin'],
  cloud: {
    fake: true,
    settings: {
      keystone: {
        securityCompliance: { lockoutFailureAttempts: 3, lockoutDuration: 5, uniqueLastPasswordCount: 2 },
      },
    },
  },
  settings: () => ({
    identity: { user_lockout_failure_attempts: 3, user_lockout_duration: 5, user_unique_last_password_count: 2 },
    'identity-feature-enabled': {
      trust: true,
      application_credentials: true,
      access_rules: true,
      project_tags: true,
      domain_specific_drivers: true,
      security_compliance: true,
      federation: false,
      external_idp: false,
      enforce_scope: true,
    },
  }),
  reasons: [
    { match: /oauth|\.test_consumer\./, reason: 'OAuth 1 comes later' },
    {
      match: /\.test_credentials_create_get_update_delete$/,
      reason:
        "a credential's project cannot be changed (OSSA-2020-004); real Zed with its security patches refuses it too",
    },
    { match: /^tempest\.api\.identity\.(?:admin\.)?v2\./, reason: 'API v2.0 is not in Keystone any more' },
    {
      match: /keystone_tempest_plugin\..*\.test_(?:identity_provider|service_provider|mapping|protocol|federat)\w*\./,
      reason: 'federation comes later',
    },
    ...zedPersonas.map((match) => ({
      match,
      reason: 'the defaults of Keystone after Zed allow it (policies.json): an admin of any scope is admin_required',
    })),
    {
      match:
        /^keystone_tempest_plugin\.tests\.rbac\.v3\.test_endpoint\.(?:System(?:Member|Reader)|Domain\w+|Project\w+)Tests\.test_identity_(?:get|update|delete)_endpoint$/,
      reason: 'who may not ask is told 403 of an endpoint that is not there, as by Keystone since 2024',
    },
    {
      match: /\.test_credential\.Domain(?:Member|Reader)Tests\.test_identity_\w+_credentials?$/,
      reason: 'the defaults of Keystone after Zed let tokens of domains handle their own user’s credentials',
    },
    {
      match: /\.test_domain\.Domain(?:Member|Reader)Tests\.test_identity_list_domains$/,
      reason: 'the defaults of Keystone after Zed let readers of a domain list it',
    },
  ],
};
