import type { Area } from '../area.ts';
import { ALT_FLAVOR, FLAVOR } from '../content.ts';

const later = (what: string, match: RegExp) => ({ match, reason: `${what}: the compute service is not whole yet` });

export const compute: Area = {
  tests: '^tempest\\.api\\.compute',
  packages: ['tempest'],
  cloud: { fake: true, settings: { nova: { compute: { driver: 'fake' }, quota: { instances: 50, cores: 100 } } } },
  settings: ({ imageId, altImageId, publicNetworkId }) => ({
    compute: {
      image_ref: imageId,
      image_ref_alt: altImageId,
      flavor_ref: FLAVOR,
      flavor_ref_alt: ALT_FLAVOR,
      min_compute_nodes: 1,
      max_microversion: 'latest',
      build_timeout: 60,
      build_interval: 1,
      ready_wait: 0,
    },
    'compute-feature-enabled': {
      resize: true,
      console_output: true,
      live_migration: false,
      block_migration_for_live_migration: false,
      vnc_console: false,
      rescue: true,
      suspend: true,
      pause: true,
      snapshot: true,
      shelve: true,
      personality: false,
      attach_encrypted_volume: false,
      interface_attach: true,
      swap_volume: false,
      spice_console: false,
      config_drive: true,
      metadata_service: false,
    },
    network: { public_network_id: publicNetworkId, floating_network_name: 'public' },
    volume: { catalog_type: 'volumev3', build_interval: 1, max_microversion: 'latest' },
  }),
  reasons: [
    later('rebuild', /rebuild/i),
    later('resize and migration', /resize|migrat/i),
    later('rescue', /rescue/i),
    later('shelving', /shelve/i),
    later('suspend', /suspend/i),
    later('images of servers', /images\.|create_image|snapshot|backup/i),
    later('server groups', /server_group|ServerGroup/),
    later(
      'proxies of other services',
      /test_floating_ips|security_group|test_volumes|tenant_networks|baremetal|test_networks/i,
    ),
    later(
      'usage, migrations, agents, hosts and the like',
      /usage|agents|admin\.test_hosts|assisted|certificates|fixed_ips|audit|spice|vnc|console/i,
    ),
    later('passwords', /server_password/i),
    later('version 2.0', /test_list_api_versions/),
  ],
};
