import { implement, type Route } from '@kumo/core/http';
import type { ServerConsole } from '../app/server-console.ts';
import type { Servers } from '../app/servers.ts';
import { showDiagnostics } from './server-diagnostics.ts';
import { loadServer } from './servers.routes.ts';
import { diagnosticsView } from './wire/action-view.ts';
import { atLeast } from './wire/versions.ts';

export function serverDiagnosticsRoutes({ servers, consoles }: { servers: Servers; consoles: ServerConsole }): Route[] {
  return [
    implement(showDiagnostics, async ({ ctx, params, authorize }) => {
      const server = await loadServer(servers, params.server_id, authorize);
      return diagnosticsView(await consoles.diagnostics(ctx, server), { standard: atLeast(ctx, 48) });
    }),
  ];
}
