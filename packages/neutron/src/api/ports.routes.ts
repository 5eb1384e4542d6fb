import { type HandlerInput, implement, pickFields, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { NewPort, PortChanges } from '../app/port-rules.ts';
import type { Ports, PortView } from '../app/ports.ts';
import { bridgeName } from '../net/bridge-name.ts';
import { callerOf } from './caller.ts';
import { listRequestOf, pageBody } from './list-request.ts';
import { createPort, createPorts, deletePort, listPorts, type PortBody, showPort, updatePort } from './ports.ts';
import { standardFields, standardSorts, without } from './standard-fields.ts';
import { truthValues } from './truth-values.ts';
import { fromWire, toWire } from './wire-names.ts';

const NAMES = { 'binding:host_id': 'hostId', 'binding:vnic_type': 'vnicType', 'binding:profile': 'bindingProfile' };
const OPAQUE = new Set(['binding:profile']);
const FLAGS = ['admin_state_up', 'port_security_enabled'];
const HIDDEN = ['binding:host_id', 'binding:vif_type', 'binding:vif_details', 'binding:profile'];
const SORTS = {
  ...standardSorts,
  name: 'name',
  network_id: 'networkId',
  admin_state_up: 'adminStateUp',
  status: 'status',
  mac_address: 'macAddress',
  device_id: 'deviceId',
  device_owner: 'deviceOwner',
  port_security_enabled: 'portSecurityEnabled',
  dns_name: 'dnsName',
  'binding:host_id': 'hostId',
  'binding:vnic_type': 'vnicType',
  'binding:vif_type': 'vifType',
};

type Body = Static<typeof PortBody>;
const wanted = (given: object): NewPort => fromWire<NewPort>(truthValues(given, FLAGS), NAMES, OPAQUE);

export function portRoutes(ports: Ports, options: { dnsDomain: string; maxPageSize: number }): Route[] {
  const body = (view: PortView, { allows, serviceAllows }: Pick<HandlerInput, 'allows' | 'serviceAllows'>): Body => {
    const target = { project_id: view.projectId, tenant_id: view.projectId };
    return without(
      fullBody(view, options.dnsDomain),
      HIDDEN,
      (attribute) => !allows(`get_port:${attribute}`, target) && !serviceAllows(`get_port:${attribute}`, target),
    );
  };
  return [
    implement(createPort, async (input) => {
      const [made] = await ports.create(callerOf(input), [wanted(input.body.port)], [input.body.port]);
      return { port: body(made as PortView, input) };
    }),
    implement(createPorts, async (input) => {
      const made = await ports.create(callerOf(input), input.body.ports.map(wanted), input.body.ports);
      return { ports: made.map((view) => body(view, input)) };
    }),
    implement(listPorts, async (input) => {
      const { query, request } = input;
      const list = listRequestOf(query, SORTS, options.maxPageSize);
      const page = await ports.list(callerOf(input), list);
      const rows = page.rows.map((view) => body(view, input));
      return pageBody(
        'ports',
        { ...page, rows },
        { request, list, fields: query.fields, paged: query.limit !== undefined },
      );
    }),
    implement(showPort, async (input) => {
      const shown = body(await ports.show(callerOf(input), input.params.port_id), input);
      return { port: pickFields(shown, input.query.fields) as Body };
    }),
    implement(updatePort, async (input) => {
      const given = input.body.port;
      const changes = fromWire<PortChanges>(truthValues(given, FLAGS), NAMES, OPAQUE);
      const ifMatch = input.headers['if-match'];
      return {
        port: body(await ports.update(callerOf(input), input.params.port_id, changes, { body: given, ifMatch }), input),
      };
    }),
    implement(deletePort, (input) => ports.delete(callerOf(input), input.params.port_id, input.headers['if-match'])),
  ];
}

function fullBody(view: PortView, dnsDomain: string): Body {
  const isBound = view.vifType === 'bridge';
  return {
    ...standardFields(view),
    name: view.name,
    tags: view.tags,
    network_id: view.networkId,
    admin_state_up: view.adminStateUp,
    status: view.status,
    mac_address: view.macAddress,
    fixed_ips: toWire(view.fixedIps),
    device_id: view.deviceId,
    device_owner: view.deviceOwner,
    security_groups: view.securityGroups,
    port_security_enabled: view.portSecurityEnabled,
    allowed_address_pairs: toWire(view.allowedAddressPairs),
    extra_dhcp_opts: toWire(view.extraDhcpOpts),
    dns_name: view.dnsName,
    dns_assignment: view.fixedIps.map(({ ipAddress }) => {
      const hostname = view.dnsName || `host-${ipAddress.replace(/[.:]/g, '-')}`;
      return { hostname, ip_address: ipAddress, fqdn: `${hostname}.${dnsDomain}.` };
    }),
    'binding:vnic_type': view.vnicType,
    'binding:host_id': view.hostId,
    'binding:vif_type': view.vifType,
    'binding:vif_details': isBound
      ? { connectivity: 'l2', port_filter: view.portSecurityEnabled, bridge_name: bridgeName(view.networkId) }
      : {},
    'binding:profile': view.bindingProfile,
  };
}
