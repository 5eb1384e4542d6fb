import type { Context } from '@kumo/core/context';
import { implement, type Route } from '@kumo/core/http';
import type { ServerConsole } from '../app/server-console.ts';
import type { ServerLifecycle } from '../app/server-lifecycle.ts';
import type { ServerGroupsOfPorts } from '../app/server-security-groups.ts';
import type { Servers } from '../app/servers.ts';
import { extraRules } from './policies.ts';
import {
  addSecurityGroup,
  forceDeleteServer,
  getConsoleOutput,
  lockServer,
  pauseServer,
  rebootServer,
  removeSecurityGroup,
  resetServerState,
  startServer,
  stopServer,
  unlockServer,
  unpauseServer,
} from './server-actions.ts';
import { loadServer, targetOf } from './servers.routes.ts';

export interface ActionDeps {
  servers: Servers;
  lifecycle: ServerLifecycle;
  consoles: ServerConsole;
  groups: ServerGroupsOfPorts;
}

interface Input {
  ctx: Context;
  params: { server_id: string };
  authorize: Parameters<typeof loadServer>[2];
}

export function serverActionRoutes({ servers, lifecycle, consoles, groups }: ActionDeps): Route[] {
  const load = ({ params, authorize }: Input) => loadServer(servers, params.server_id, authorize);
  const power = async (input: Input, which: Parameters<ServerLifecycle['power']>[2]) =>
    lifecycle.power(input.ctx, await load(input), which);
  return [
    implement(startServer, (input) => power(input, 'start')),
    implement(stopServer, (input) => power(input, 'stop')),
    implement(rebootServer, (input) =>
      power(input, input.body.reboot.type.toUpperCase() === 'HARD' ? 'hardReboot' : 'softReboot'),
    ),
    implement(pauseServer, (input) => power(input, 'pause')),
    implement(unpauseServer, (input) => power(input, 'unpause')),
    implement(lockServer, async (input) =>
      lifecycle.lock(input.ctx, await load(input), input.body.lock?.locked_reason),
    ),
    implement(unlockServer, async (input) => {
      const server = await load(input);
      await lifecycle.unlock(input.ctx, server, () =>
        input.authorize(targetOf(server), { rule: extraRules.unlockOverride.name }),
      );
    }),
    implement(forceDeleteServer, async (input) => lifecycle.delete(input.ctx, await load(input), { force: true })),
    implement(resetServerState, async (input) =>
      lifecycle.resetState(input.ctx, await load(input), input.body['os-resetState'].state as 'active' | 'error'),
    ),
    implement(addSecurityGroup, async (input) =>
      groups.add(input.ctx, await load(input), input.body.addSecurityGroup.name),
    ),
    implement(removeSecurityGroup, async (input) =>
      groups.remove(input.ctx, await load(input), input.body.removeSecurityGroup.name),
    ),
    implement(getConsoleOutput, async (input) => {
      const { length } = input.body['os-getConsoleOutput'];
      const lines = length === undefined || length === null ? undefined : Number(length);
      return { output: await consoles.output(input.ctx, await load(input), lines) };
    }),
  ];
}
