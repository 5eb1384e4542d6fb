import type { Area } from '../area.ts';
import { ALT_FLAVOR, FLAVOR } from '../content.ts';

const later = (what: string, match: RegExp) => ({ match, reason: `${what}: not built yet` });

/** Real guests, reached by ssh. */
export const scenario: Area = {
  tests: '^tempest\\.scenario',
  packages: ['tempest'],
  cloud: {},
  settings: ({ imageId, altImageId, publicNetworkId, networkExtensions }) => ({
    validation: {
      run_validation: true,
      connect_method: 'floating',
      auth_method: 'keypair',
      image_ssh_user: 'root',
      image_alt_ssh_user: 'root',
      ssh_shell_prologue: '',
      ssh_key_type: 'ecdsa',
      ping_timeout: 120,
      ssh_timeout: 180,
      network_for_ssh: 'public',
    },
    compute: {
      image_ref: imageId,
      image_ref_alt: altImageId,
      flavor_ref: FLAVOR,
      flavor_ref_alt: ALT_FLAVOR,
      build_timeout: 180,
      build_interval: 1,
    },
    'compute-feature-enabled': {
      live_migration: false,
      vnc_console: false,
      config_drive: true,
      metadata_service: true,
    },
    network: {
      public_network_id: publicNetworkId,
      floating_network_name: 'public',
      project_networks_reachable: false,
      default_network: '10.100.0.0/16',
      project_network_cidr: '10.100.0.0/16',
    },
    'network-feature-enabled': { api_extensions: networkExtensions, ipv6: true, port_security: true },
    volume: { catalog_type: 'volumev3', build_interval: 1, max_microversion: 'latest' },
    'volume-feature-enabled': { backup: false },
  }),
  reasons: [
    later('shelving', /shelve/i),
    later('resize and migration', /resize|migrat/i),
    later('rescue', /rescue/i),
    later('suspend', /suspend/i),
    later('images of servers', /snapshot|create_image/i),
    later('encrypted volumes', /encrypt/i),
    later('backups', /backup/i),
    later('IPv6 of guests', /v6|IPv6|slaac|dhcp6/i),
    later('swift', /object_storage|test_object/i),
  ],
};
