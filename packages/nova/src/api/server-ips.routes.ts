import { implement, type Route } from '@kumo/core/http';
import type { Server, Servers } from '../app/servers.ts';
import { networkLabelNotFound } from '../errors.ts';
import { listIps, showIps } from './server-ips.ts';
import { loadServer } from './servers.routes.ts';
import { addressesView } from './wire/server-view.ts';

const plain = (server: Server) =>
  Object.fromEntries(
    Object.entries(addressesView(server.networkInfo)).map(([label, addresses]) => [
      label,
      addresses.map(({ version, addr }) => ({ version, addr })),
    ]),
  );

export function serverIpRoutes({ servers }: { servers: Servers }): Route[] {
  return [
    implement(listIps, async ({ params, authorize }) => ({
      addresses: plain(await loadServer(servers, params.server_id, authorize)),
    })),
    implement(showIps, async ({ params, authorize }) => {
      const { network_label: label } = params;
      const addresses = plain(await loadServer(servers, params.server_id, authorize));
      if (!addresses[label]) throw networkLabelNotFound();
      return { [label]: addresses[label] };
    }),
  ];
}
