import type { Area } from '../area.ts';

const later = (match: RegExp) => ({ match, reason: 'the network service is not whole yet' });

export const network: Area = {
  tests: '^tempest\\.api\\.network',
  packages: ['tempest'],
  cloud: { fake: true },
  settings: ({ publicNetworkId, networkExtensions }) => ({
    network: {
      public_network_id: publicNetworkId,
      floating_network_name: 'public',
      project_networks_reachable: false,
      default_network: '10.100.0.0/16',
      project_network_cidr: '10.100.0.0/16',
      build_interval: 1,
    },
    'network-feature-enabled': { api_extensions: networkExtensions, ipv6: true, port_security: true },
  }),
  reasons: [
    later(/routers_dvr|DvrRouters|extra_dhcp_options/i),
    later(/metering|subnetpool|dhcp_agent|agent_management|l3_agent|service_provider|test_tags\.TagsExt/i),
  ],
};
