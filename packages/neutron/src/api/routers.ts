import { operation } from '@kumo/core/http';
import { policy } from '@kumo/core/policy';
import { Nullable } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { OWNED_READ, OWNED_WRITE, PROJECT } from './policies.ts';
import {
  Address,
  FixedIp,
  Flag,
  Id,
  ifMatch,
  listQuery,
  nameInput,
  ownerInput,
  PageLinks,
  Route,
  showQuery,
  standardBody,
} from './shared-schemas.ts';

export const RouterBody = T.Object({
  ...standardBody,
  admin_state_up: T.Boolean(),
  status: T.String(),
  external_gateway_info: Nullable(
    T.Object({ network_id: T.String(), enable_snat: T.Boolean(), external_fixed_ips: T.Array(FixedIp) }),
  ),
  routes: T.Array(Route),
  availability_zone_hints: T.Array(T.String()),
  availability_zones: T.Array(T.String()),
  flavor_id: T.Null(),
  distributed: T.Optional(T.Boolean()),
  ha: T.Optional(T.Boolean()),
});

const Gateway = Nullable(
  T.Object(
    {
      network_id: T.Optional(Id),
      enable_snat: T.Optional(Flag),
      external_fixed_ips: T.Optional(
        T.Array(
          T.Object({ subnet_id: T.Optional(Id), ip_address: T.Optional(Address) }, { additionalProperties: false }),
          {
            maxItems: 16,
          },
        ),
      ),
    },
    { additionalProperties: false },
  ),
);

const writable = {
  ...nameInput,
  admin_state_up: T.Optional(Flag),
  external_gateway_info: T.Optional(Gateway),
  distributed: T.Optional(Flag),
  ha: T.Optional(Flag),
} as const;

export const createRouter = operation({
  name: 'createRouter',
  method: 'POST',
  path: '/v2.0/routers',
  policy: policy('create_router', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  body: T.Object(
    {
      router: T.Object(
        {
          ...writable,
          ...ownerInput,
          availability_zone_hints: T.Optional(T.Array(T.String({ maxLength: 255 }), { maxItems: 10 })),
          flavor_id: T.Optional(T.Null()),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ router: RouterBody }),
  status: 201,
  errors: [400, 401, 403, 404, 409],
});

export const listRouters = operation({
  name: 'listRouters',
  method: 'GET',
  path: '/v2.0/routers',
  policy: policy('get_router', OWNED_READ, PROJECT),
  query: listQuery('admin_state_up', 'status', 'distributed', 'ha'),
  reply: T.Object({ routers: T.Array(RouterBody), routers_links: PageLinks }),
  errors: [400, 401],
});

export const showRouter = operation({
  name: 'showRouter',
  method: 'GET',
  path: '/v2.0/routers/{router_id}',
  policy: listRouters.policy,
  authorize: 'resource',
  query: showQuery,
  reply: T.Object({ router: RouterBody }),
  errors: [401, 404],
});

export const updateRouter = operation({
  name: 'updateRouter',
  method: 'PUT',
  path: '/v2.0/routers/{router_id}',
  policy: policy('update_router', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  body: T.Object(
    {
      router: T.Object(
        { ...writable, routes: T.Optional(Nullable(T.Array(Route, { maxItems: 256 }))) },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ router: RouterBody }),
  errors: [400, 401, 403, 404, 409, 412],
});

export const deleteRouter = operation({
  name: 'deleteRouter',
  method: 'DELETE',
  path: '/v2.0/routers/{router_id}',
  policy: policy('delete_router', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  headers: ifMatch,
  errors: [401, 403, 404, 409, 412],
});

const InterfaceBody = T.Object({
  id: T.String(),
  tenant_id: T.String(),
  project_id: T.String(),
  port_id: T.String(),
  network_id: T.String(),
  subnet_id: T.String(),
  subnet_ids: T.Array(T.String()),
  tags: T.Array(T.String()),
});
/** A subnet or a port; when an interface is removed, both may be given. */
const InterfaceInput = T.Object(
  { subnet_id: T.Optional(Id), port_id: T.Optional(Id) },
  { additionalProperties: false, minProperties: 1 },
);

export const addRouterInterface = operation({
  name: 'addRouterInterface',
  method: 'PUT',
  path: '/v2.0/routers/{router_id}/add_router_interface',
  policy: policy('add_router_interface', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  body: InterfaceInput,
  reply: InterfaceBody,
  errors: [400, 401, 403, 404, 409],
});

export const removeRouterInterface = operation({
  name: 'removeRouterInterface',
  method: 'PUT',
  path: '/v2.0/routers/{router_id}/remove_router_interface',
  policy: policy('remove_router_interface', OWNED_WRITE, PROJECT),
  authorize: 'resource',
  body: InterfaceInput,
  reply: InterfaceBody,
  errors: [400, 401, 403, 404, 409],
});
