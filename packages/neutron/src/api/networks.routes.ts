import { type HandlerInput, implement, pickFields, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import {
  type NetworkChanges,
  type Networks,
  type NetworkView,
  type NewNetwork,
  networkTarget,
} from '../app/networks.ts';
import { callerOf } from './caller.ts';
import { listRequestOf, pageBody } from './list-request.ts';
import {
  createNetwork,
  createNetworks,
  deleteNetwork,
  listNetworks,
  type NetworkBody,
  showNetwork,
  updateNetwork,
} from './networks.ts';
import { standardFields, standardSorts, without } from './standard-fields.ts';
import { truthValues } from './truth-values.ts';
import { fromWire } from './wire-names.ts';

const NAMES = {
  'router:external': 'isExternal',
  'provider:network_type': 'networkType',
  'provider:physical_network': 'physicalNetwork',
  'provider:segmentation_id': 'segmentationId',
};
const FLAGS = ['admin_state_up', 'shared', 'router:external', 'is_default', 'port_security_enabled'];
const HIDDEN = ['provider:network_type', 'provider:physical_network', 'provider:segmentation_id'];
const SORTS = {
  ...standardSorts,
  name: 'name',
  admin_state_up: 'adminStateUp',
  shared: 'shared',
  mtu: 'mtu',
  'router:external': 'isExternal',
  is_default: 'isDefault',
  port_security_enabled: 'portSecurityEnabled',
  dns_domain: 'dnsDomain',
  'provider:network_type': 'networkType',
  'provider:physical_network': 'physicalNetwork',
  'provider:segmentation_id': 'segmentationId',
};

type Body = Static<typeof NetworkBody>;
type Asking = Pick<HandlerInput, 'allows'>;

const wanted = (body: object): NewNetwork => {
  const network = fromWire<NewNetwork>(truthValues(body, FLAGS), NAMES);
  const id = network.segmentationId as number | string | null | undefined;
  return typeof id === 'string' ? { ...network, segmentationId: Number(id) } : network;
};

export function networkRoutes(networks: Networks, options: { availabilityZone: string; maxPageSize: number }): Route[] {
  const body = (view: NetworkView, input: Asking): Body => {
    const target = networkTarget(view);
    const shown: Body = {
      ...standardFields(view),
      name: view.name,
      tags: view.tags,
      admin_state_up: view.adminStateUp,
      status: 'ACTIVE',
      shared: view.shared,
      subnets: view.subnetIds,
      mtu: view.mtu,
      port_security_enabled: view.portSecurityEnabled,
      'router:external': view.isExternal,
      ...(view.isExternal ? { is_default: view.isDefault } : {}),
      availability_zone_hints: view.availabilityZoneHints,
      availability_zones: view.subnetIds.length === 0 ? [] : [options.availabilityZone],
      ipv4_address_scope: null,
      ipv6_address_scope: null,
      dns_domain: view.dnsDomain,
      'provider:network_type': view.networkType,
      'provider:physical_network': view.physicalNetwork,
      'provider:segmentation_id': view.segmentationId,
    };
    return without(shown, HIDDEN, (attribute) => !input.allows(`get_network:${attribute}`, target));
  };
  return [
    implement(createNetwork, async (input) => {
      const [made] = await networks.create(callerOf(input), [wanted(input.body.network)], [input.body.network]);
      return { network: body(made as NetworkView, input) };
    }),
    implement(createNetworks, async (input) => {
      const made = await networks.create(callerOf(input), input.body.networks.map(wanted), input.body.networks);
      return { networks: made.map((view) => body(view, input)) };
    }),
    implement(listNetworks, async (input) => {
      const { query, request } = input;
      const list = listRequestOf(query, SORTS, options.maxPageSize);
      const page = await networks.list(callerOf(input), list);
      const rows = page.rows.map((view) => body(view, input));
      return pageBody(
        'networks',
        { ...page, rows },
        { request, list, fields: query.fields, paged: query.limit !== undefined },
      );
    }),
    implement(showNetwork, async (input) => {
      const shown = body(await networks.show(callerOf(input), input.params.network_id), input);
      return { network: pickFields(shown, input.query.fields) as Body };
    }),
    implement(updateNetwork, async (input) => {
      const given = input.body.network;
      const changes = fromWire<NetworkChanges>(truthValues(given, FLAGS), NAMES);
      const ifMatch = input.headers['if-match'];
      return {
        network: body(
          await networks.update(callerOf(input), input.params.network_id, changes, { body: given, ifMatch }),
          input,
        ),
      };
    }),
    implement(deleteNetwork, (input) =>
      networks.delete(callerOf(input), input.params.network_id, input.headers['if-match']),
    ),
  ];
}
