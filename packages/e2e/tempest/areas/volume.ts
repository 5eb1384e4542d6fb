import type { Area } from '../area.ts';
import { FLAVOR } from '../content.ts';

const later = (what: string, match: RegExp) => ({
  match,
  reason: `${what}: the block storage service is not whole yet`,
});

export const volume: Area = {
  tests: '^tempest\\.api\\.volume',
  packages: ['tempest'],
  cloud: { fake: true },
  settings: ({ imageId, altImageId, publicNetworkId }) => ({
    volume: {
      catalog_type: 'volumev3',
      build_timeout: 60,
      build_interval: 1,
      max_microversion: 'latest',
      backend_names: 'file',
      storage_protocol: 'nbd',
      vendor_name: 'Kumo',
    },
    'volume-feature-enabled': {
      backup: false,
      snapshot: true,
      clone: true,
      multi_backend: false,
      manage_volume: false,
      manage_snapshot: false,
      extend_attached_volume: false,
      api_v3: true,
    },
    compute: { image_ref: imageId, image_ref_alt: altImageId, flavor_ref: FLAVOR, build_interval: 1 },
    network: { public_network_id: publicNetworkId },
  }),
  reasons: [
    later('groups', /group/i),
    later('QoS specs', /qos/i),
    later('transfers', /transfer/i),
    later('types of encryption', /encrypt/i),
    later('hosts, capabilities, and hosts that are frozen', /test_volume_hosts|capabilities|(freeze|thaw)_host/i),
    later('retype', /retype/i),
    later('backups', /backup/i),
  ],
};
