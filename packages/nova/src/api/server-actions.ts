import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import type { Policy } from '@kumo/core/policy';
import { LooseInteger, Nullable } from '@kumo/core/schema';
import { Type as T, type TSchema } from 'typebox';
import { admin, member } from './policies.ts';
import { ServerParams, strict } from './shared-schemas.ts';

const common = {
  method: 'POST',
  path: '/v2.1/servers/{server_id}/action',
  authorize: 'resource',
  params: ServerParams,
  status: 202,
  errors: [400, 401, 403, 404, 409],
} as const;

/** An action on a server that is answered without a body. */
function action<const A extends string, S extends TSchema>(name: string, key: A, policy: Policy, body: S) {
  return operation({ ...common, name, action: key, policy, body: strict({ [key]: body } as Record<A, S>) });
}

/** Clients send null, some an empty object. */
const Nothing = T.Union([T.Null(), strict({})]);

export const startServer = action('startServer', 'os-start', member('servers:start'), Nothing);
export const stopServer = action('stopServer', 'os-stop', member('servers:stop'), Nothing);
export const rebootServer = action(
  'rebootServer',
  'reboot',
  member('servers:reboot'),
  strict({ type: T.Enum(['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']) }),
);
export const pauseServer = action('pauseServer', 'pause', member('os-pause-server:pause'), Nothing);
export const unpauseServer = action('unpauseServer', 'unpause', member('os-pause-server:unpause'), Nothing);
export const lockServer = action(
  'lockServer',
  'lock',
  member('os-lock-server:lock'),
  T.Union([T.Null(), strict({ locked_reason: T.Optional(since('2.73', T.String({ minLength: 1, maxLength: 255 }))) })]),
);
export const unlockServer = action('unlockServer', 'unlock', member('os-lock-server:unlock'), Nothing);
export const forceDeleteServer = action(
  'forceDeleteServer',
  'forceDelete',
  member('os-deferred-delete:force'),
  Nothing,
);
export const resetServerState = action(
  'resetServerState',
  'os-resetState',
  admin('os-admin-actions:reset_state'),
  strict({ state: T.Enum(['active', 'error']) }),
);
const GroupName = strict({ name: T.String({ minLength: 1, maxLength: 255 }) });
export const addSecurityGroup = action(
  'addSecurityGroup',
  'addSecurityGroup',
  member('os-security-groups:add'),
  GroupName,
);
export const removeSecurityGroup = action(
  'removeSecurityGroup',
  'removeSecurityGroup',
  member('os-security-groups:remove'),
  GroupName,
);

export const getConsoleOutput = operation({
  ...common,
  name: 'getConsoleOutput',
  action: 'os-getConsoleOutput',
  policy: member('os-console-output'),
  body: strict({ 'os-getConsoleOutput': strict({ length: T.Optional(Nullable(LooseInteger)) }) }),
  reply: T.Object({ output: T.String() }),
  status: 200,
  errors: [400, 401, 403, 404, 409, 501],
});
