import type { Cloud } from '../src/cloud.ts';
import type { Settings } from './area.ts';

type Sections = Record<string, Readonly<Record<string, string | number | boolean>>>;

/** tempest.conf for a cloud that runs; `directory` takes its log and its locks. */
export function tempestConf(cloud: Cloud, own: Settings, directory: string): string {
  const admin = cloud.credentials();
  const sections: Sections = {
    DEFAULT: { log_file: `${directory}/tempest.log`, use_stderr: false },
    oslo_concurrency: { lock_path: `${directory}/lock` },
    auth: {
      use_dynamic_credentials: true,
      create_isolated_networks: true,
      admin_username: admin.OS_USERNAME ?? '',
      admin_password: admin.OS_PASSWORD ?? '',
      admin_project_name: admin.OS_PROJECT_NAME ?? '',
      admin_domain_name: 'Default',
      admin_system: 'all',
      tempest_roles: 'member',
    },
    identity: {
      uri_v3: `${cloud.url('keystone')}/v3`,
      auth_version: 'v3',
      region: 'RegionOne',
      default_domain_id: 'default',
      v3_endpoint_type: 'public',
    },
    'identity-feature-enabled': { api_v3: true, api_v2: false, api_v2_admin: false },
    service_available: { glance: true, nova: true, neutron: true, cinder: true, swift: false, horizon: false },
    validation: { run_validation: false },
  };
  for (const [name, values] of Object.entries(own)) sections[name] = { ...sections[name], ...values };
  return Object.entries(sections)
    .map(([name, values]) => `[${name}]\n${settings(values)}`)
    .join('\n');
}

function settings(values: Sections[string]): string {
  // oslo.config fills in `$name`.
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${String(value).replaceAll('$', '$$$$')}\n`)
    .join('');
}
