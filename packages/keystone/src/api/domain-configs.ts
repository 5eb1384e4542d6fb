import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { ADMIN, ADMIN_OR_SYSTEM_READER, anyScope, cloudScope } from './rules.ts';

const OptionName = T.String({ maxLength: 64 });
const Scalar = T.Union([T.String({ maxLength: 4096 }), T.Number(), T.Boolean(), T.Null()]);
/** Which options there are is the application's to say: what is no option is forbidden, not malformed. */
const OptionBody = T.Union([Scalar, T.Array(T.String({ maxLength: 1024 }), { maxItems: 64 })]);
const Body = T.Object({
  config: T.Optional(
    T.Record(OptionName, T.Union([OptionBody, T.Record(OptionName, OptionBody, { maxProperties: 128 })]), {
      maxProperties: 128,
    }),
  ),
});
const Shown = T.Object({ config: T.Record(T.String(), T.Unknown()) });

const CONFIG = '/v3/domains/{domain_id}/config';
const GROUP = `${CONFIG}/{group}` as const;
const OPTION = `${GROUP}/{option}` as const;
const COMPLIANCE = `${CONFIG}/security_compliance` as const;

const getConfig = cloudScope('get_domain_config', ADMIN_OR_SYSTEM_READER);
const getDefault = cloudScope('get_domain_config_default', ADMIN_OR_SYSTEM_READER);
const updateConfig = cloudScope('update_domain_config', ADMIN);
const deleteConfig = cloudScope('delete_domain_config', ADMIN);
const getCompliance = anyScope('get_security_compliance_domain_config', '');

export const createDomainConfig = operation({
  name: 'createDomainConfig',
  method: 'PUT',
  path: CONFIG,
  policy: cloudScope('create_domain_config', ADMIN),
  body: Body,
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 404],
});

const shown = { method: 'GET', head: true, reply: Shown, errors: [401, 403, 404] } as const;
const changed = {
  method: 'PATCH',
  policy: updateConfig,
  body: Body,
  reply: Shown,
  errors: [400, 401, 403, 404],
} as const;
const deleted = { method: 'DELETE', policy: deleteConfig, status: 204, errors: [401, 403, 404] } as const;

export const showDomainConfig = operation({ ...shown, name: 'showDomainConfig', path: CONFIG, policy: getConfig });
export const showDomainConfigGroup = operation({
  ...shown,
  name: 'showDomainConfigGroup',
  path: GROUP,
  policy: getConfig,
});
export const showDomainConfigOption = operation({
  ...shown,
  name: 'showDomainConfigOption',
  path: OPTION,
  policy: getConfig,
});

export const updateDomainConfig = operation({ ...changed, name: 'updateDomainConfig', path: CONFIG });
export const updateDomainConfigGroup = operation({ ...changed, name: 'updateDomainConfigGroup', path: GROUP });
export const updateDomainConfigOption = operation({ ...changed, name: 'updateDomainConfigOption', path: OPTION });

export const deleteDomainConfig = operation({ ...deleted, name: 'deleteDomainConfig', path: CONFIG });
export const deleteDomainConfigGroup = operation({ ...deleted, name: 'deleteDomainConfigGroup', path: GROUP });
export const deleteDomainConfigOption = operation({ ...deleted, name: 'deleteDomainConfigOption', path: OPTION });

export const showDefaultConfig = operation({
  ...shown,
  name: 'showDefaultConfig',
  path: '/v3/domains/config/default',
  policy: getDefault,
});
export const showDefaultConfigGroup = operation({
  ...shown,
  name: 'showDefaultConfigGroup',
  path: '/v3/domains/config/{group}/default',
  policy: getDefault,
});
export const showDefaultConfigOption = operation({
  ...shown,
  name: 'showDefaultConfigOption',
  path: '/v3/domains/config/{group}/{option}/default',
  policy: getDefault,
});

export const showSecurityCompliance = operation({
  ...shown,
  name: 'showSecurityCompliance',
  path: COMPLIANCE,
  policy: getCompliance,
});
export const showSecurityComplianceOption = operation({
  ...shown,
  name: 'showSecurityComplianceOption',
  path: `${COMPLIANCE}/{option}`,
  policy: getCompliance,
});
