import { type HandlerInput, implement, pickFields, type Route } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { RouterInterface, RouterInterfaces } from '../app/router-interfaces.ts';
import type { NewRouter, RouterChanges, Routers, RouterView } from '../app/routers.ts';
import { callerOf } from './caller.ts';
import { listRequestOf, pageBody } from './list-request.ts';
import {
  addRouterInterface,
  createRouter,
  deleteRouter,
  listRouters,
  type RouterBody,
  removeRouterInterface,
  showRouter,
  updateRouter,
} from './routers.ts';
import { standardFields, standardSorts, without } from './standard-fields.ts';
import { truthValues } from './truth-values.ts';
import { fromWire, toWire } from './wire-names.ts';

const FLAGS = ['admin_state_up', 'distributed', 'ha'];
const HIDDEN = ['distributed', 'ha'];
const SORTS = { ...standardSorts, name: 'name', admin_state_up: 'adminStateUp' };

type Body = Static<typeof RouterBody>;

/** The gateway's own flag is nested. */
function domainOf<T>(given: { external_gateway_info?: object | null }): T {
  const gateway = given.external_gateway_info;
  const info = gateway ? { external_gateway_info: truthValues(gateway, ['enable_snat']) } : {};
  return fromWire<T>({ ...truthValues(given, FLAGS), ...info });
}

export function routerRoutes(
  routers: Routers,
  interfaces: RouterInterfaces,
  options: { availabilityZone: string; maxPageSize: number },
): Route[] {
  const body = (view: RouterView, { allows }: Pick<HandlerInput, 'allows'>): Body => {
    const target = { project_id: view.projectId, tenant_id: view.projectId };
    const shown: Body = {
      ...standardFields(view),
      name: view.name,
      tags: view.tags,
      admin_state_up: view.adminStateUp,
      status: 'ACTIVE',
      external_gateway_info:
        view.gatewayNetworkId === null
          ? null
          : {
              network_id: view.gatewayNetworkId,
              enable_snat: view.enableSnat,
              external_fixed_ips: toWire(view.gatewayIps),
            },
      routes: view.routes,
      availability_zone_hints: view.availabilityZoneHints,
      availability_zones: view.host === null ? [] : [options.availabilityZone],
      flavor_id: null,
      distributed: false,
      ha: false,
    };
    return without(shown, HIDDEN, (attribute) => !allows(`get_router:${attribute}`, target));
  };
  return [
    implement(createRouter, async (input) => {
      const given = input.body.router;
      return { router: body(await routers.create(callerOf(input), domainOf<NewRouter>(given), given), input) };
    }),
    implement(listRouters, async (input) => {
      const { query, request } = input;
      const list = listRequestOf(query, SORTS, options.maxPageSize);
      const page = await routers.list(callerOf(input), list);
      const rows = page.rows.map((view) => body(view, input));
      return pageBody(
        'routers',
        { ...page, rows },
        { request, list, fields: query.fields, paged: query.limit !== undefined },
      );
    }),
    implement(showRouter, async (input) => {
      const shown = body(await routers.show(callerOf(input), input.params.router_id), input);
      return { router: pickFields(shown, input.query.fields) as Body };
    }),
    implement(updateRouter, async (input) => {
      const given = input.body.router;
      const changes = domainOf<RouterChanges>(given);
      const ifMatch = input.headers['if-match'];
      return {
        router: body(
          await routers.update(callerOf(input), input.params.router_id, changes, { body: given, ifMatch }),
          input,
        ),
      };
    }),
    implement(deleteRouter, (input) =>
      routers.delete(callerOf(input), input.params.router_id, input.headers['if-match']),
    ),
    implement(addRouterInterface, async (input) =>
      interfaceBody(await interfaces.add(callerOf(input), input.params.router_id, fromWire(input.body))),
    ),
    implement(removeRouterInterface, async (input) =>
      interfaceBody(await interfaces.remove(callerOf(input), input.params.router_id, fromWire(input.body))),
    ),
  ];
}

function interfaceBody({ router, portId, networkId, subnetIds, tags }: RouterInterface) {
  return {
    id: router.id,
    tenant_id: router.projectId,
    project_id: router.projectId,
    port_id: portId,
    network_id: networkId,
    subnet_id: subnetIds[0] ?? '',
    subnet_ids: subnetIds,
    tags,
  };
}
