import { implement, pickFields, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { FloatingIpChanges, FloatingIps, FloatingIpView, NewFloatingIp } from '../app/floating-ips.ts';
import { callerOf } from './caller.ts';
import {
  createFloatingIp,
  deleteFloatingIp,
  type FloatingIpBody,
  listFloatingIps,
  showFloatingIp,
  updateFloatingIp,
} from './floating-ips.ts';
import { listRequestOf, pageBody } from './list-request.ts';
import { standardFields, standardSorts } from './standard-fields.ts';
import { fromWire } from './wire-names.ts';

const SORTS = {
  ...standardSorts,
  floating_network_id: 'floatingNetworkId',
  floating_ip_address: 'floatingIpAddress',
  fixed_ip_address: 'fixedIpAddress',
  port_id: 'portId',
  router_id: 'routerId',
  status: 'status',
};

type Body = Static<typeof FloatingIpBody>;

function body(view: FloatingIpView): Body {
  const { port } = view;
  return {
    ...standardFields(view),
    tags: view.tags,
    floating_network_id: view.floatingNetworkId,
    floating_ip_address: view.floatingIpAddress,
    fixed_ip_address: view.fixedIpAddress,
    port_id: view.portId,
    router_id: view.routerId,
    status: view.status,
    dns_name: view.dnsName,
    dns_domain: view.dnsDomain,
    port_details:
      port === null
        ? null
        : {
            name: port.name,
            network_id: port.networkId,
            mac_address: port.macAddress,
            admin_state_up: port.adminStateUp,
            status: port.status,
            device_id: port.deviceId,
            device_owner: port.deviceOwner,
          },
  };
}

export function floatingIpRoutes(floatingIps: FloatingIps, options: { maxPageSize: number }): Route[] {
  return [
    implement(createFloatingIp, async (input) => {
      const given = input.body.floatingip;
      return { floatingip: body(await floatingIps.create(callerOf(input), fromWire<NewFloatingIp>(given), given)) };
    }),
    implement(listFloatingIps, async (input) => {
      const { query, request } = input;
      const list = listRequestOf(query, SORTS, options.maxPageSize);
      const page = await floatingIps.list(callerOf(input), list);
      const shown = { ...page, rows: page.rows.map(body) };
      return pageBody('floatingips', shown, { request, list, fields: query.fields, paged: query.limit !== undefined });
    }),
    implement(showFloatingIp, async (input) => {
      const shown = body(await floatingIps.show(callerOf(input), input.params.floatingip_id));
      return { floatingip: pickFields(shown, input.query.fields) as Body };
    }),
    implement(updateFloatingIp, async (input) => {
      const changes = fromWire<FloatingIpChanges>(input.body.floatingip);
      const { params, headers } = input;
      return {
        floatingip: body(await floatingIps.update(callerOf(input), params.floatingip_id, changes, headers['if-match'])),
      };
    }),
    implement(deleteFloatingIp, (input) =>
      floatingIps.delete(callerOf(input), input.params.floatingip_id, input.headers['if-match']),
    ),
  ];
}
