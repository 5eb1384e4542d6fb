import { implement, pickFields, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { NewSubnet, SubnetChanges, Subnets, SubnetView } from '../app/subnets.ts';
import { callerOf } from './caller.ts';
import { listRequestOf, pageBody } from './list-request.ts';
import { standardFields, standardSorts } from './standard-fields.ts';
import {
  createSubnet,
  createSubnets,
  deleteSubnet,
  listSubnets,
  type SubnetBody,
  showSubnet,
  updateSubnet,
} from './subnets.ts';
import { truthValues } from './truth-values.ts';
import { fromWire } from './wire-names.ts';

const FLAGS = ['enable_dhcp'];
const SORTS = {
  ...standardSorts,
  name: 'name',
  network_id: 'networkId',
  ip_version: 'ipVersion',
  cidr: 'cidr',
  gateway_ip: 'gatewayIp',
  enable_dhcp: 'enableDhcp',
  ipv6_address_mode: 'ipv6AddressMode',
  ipv6_ra_mode: 'ipv6RaMode',
};

type Body = Static<typeof SubnetBody>;
const wanted = (given: object): NewSubnet => fromWire<NewSubnet>(truthValues(given, FLAGS));

function body(view: SubnetView): Body {
  return {
    ...standardFields(view),
    name: view.name,
    tags: view.tags,
    network_id: view.networkId,
    ip_version: view.ipVersion,
    cidr: view.cidr,
    gateway_ip: view.gatewayIp,
    enable_dhcp: view.enableDhcp,
    allocation_pools: view.allocationPools,
    dns_nameservers: view.dnsNameservers,
    host_routes: view.hostRoutes,
    ipv6_address_mode: view.ipv6AddressMode,
    ipv6_ra_mode: view.ipv6RaMode,
    service_types: view.serviceTypes,
    subnetpool_id: null,
  };
}

export function subnetRoutes(subnets: Subnets, options: { maxPageSize: number }): Route[] {
  return [
    implement(createSubnet, async (input) => {
      const [made] = await subnets.create(callerOf(input), [wanted(input.body.subnet)], [input.body.subnet]);
      return { subnet: body(made as SubnetView) };
    }),
    implement(createSubnets, async (input) => {
      const made = await subnets.create(callerOf(input), input.body.subnets.map(wanted), input.body.subnets);
      return { subnets: made.map(body) };
    }),
    implement(listSubnets, async (input) => {
      const { query, request } = input;
      const list = listRequestOf(query, SORTS, options.maxPageSize);
      const page = await subnets.list(callerOf(input), list);
      const shown = { ...page, rows: page.rows.map(body) };
      return pageBody('subnets', shown, { request, list, fields: query.fields, paged: query.limit !== undefined });
    }),
    implement(showSubnet, async (input) => {
      const shown = body(await subnets.show(callerOf(input), input.params.subnet_id));
      return { subnet: pickFields(shown, input.query.fields) as Body };
    }),
    implement(updateSubnet, async (input) => {
      const given = input.body.subnet;
      const changes = fromWire<SubnetChanges>(truthValues(given, FLAGS));
      const ifMatch = input.headers['if-match'];
      return {
        subnet: body(await subnets.update(callerOf(input), input.params.subnet_id, changes, { body: given, ifMatch })),
      };
    }),
    implement(deleteSubnet, (input) =>
      subnets.delete(callerOf(input), input.params.subnet_id, input.headers['if-match']),
    ),
  ];
}
