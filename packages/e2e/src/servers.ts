import type { Api } from './api.ts';
import { eventually } from './eventually.ts';

/** What tests read of a server. */
export interface ServerBody {
  id: string;
  name: string;
  status: string;
  'OS-EXT-STS:task_state': string | null;
  addresses: Record<string, { addr: string; 'OS-EXT-IPS:type': string; 'OS-EXT-IPS-MAC:mac_addr': string }[]>;
  fault?: { code: number; message: string };
}

export async function idOf(
  api: Api,
  service: 'image' | 'network' | 'compute',
  list: string,
  name: string,
): Promise<string> {
  const body = await api.get<Record<string, { id: string; name: string }[]>>(service, `/${list}`);
  const found = body[list.replaceAll('-', '_')]?.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`there is no ${list} named ${name}`);
  return found.id;
}

/** Ids of what is there after the first `up`, for a server of the usual kind. */
export async function usualParts(api: Api): Promise<{ imageRef: string; flavorRef: string; networkId: string }> {
  const [imageRef, flavorRef, networkId] = await Promise.all([
    idOf(api, 'image', 'images', 'kumo-guest'),
    idOf(api, 'compute', 'flavors', 'm1.nano'),
    idOf(api, 'network', 'networks', 'private'),
  ]);
  return { imageRef, flavorRef, networkId };
}

/** Asks for a server; gives its id at once. */
export async function requestServer(api: Api, server: { name: string } & Record<string, unknown>): Promise<string> {
  const { server: made } = await api.post<{ server: { id: string } }>('compute', '/servers', { server });
  return made.id;
}

export async function showServer(api: Api, id: string): Promise<ServerBody> {
  return (await api.get<{ server: ServerBody }>('compute', `/servers/${id}`)).server;
}

/** Waits until a server is in a status and has no task. @throws Error with its fault as soon as it is in ERROR instead. */
export async function untilStatus(api: Api, id: string, status: string, timeoutMs = 90_000): Promise<ServerBody> {
  const server = await eventually(
    `server ${id} to be ${status}`,
    async () => {
      const now = await showServer(api, id);
      return now['OS-EXT-STS:task_state'] === null && [status, 'ERROR'].includes(now.status) ? now : undefined;
    },
    { timeoutMs },
  );
  if (server.status !== status) throw new Error(`server ${id} is in ERROR: ${JSON.stringify(server.fault)}`);
  return server;
}

/** Deletes a server and waits until nobody knows it. */
export async function removeServer(api: Api, id: string, timeoutMs = 60_000): Promise<void> {
  const { status, text } = await api.request('compute', 'DELETE', `/servers/${id}`);
  if (status !== 204 && status !== 404) throw new Error(`DELETE /servers/${id}: ${status} ${text}`);
  await eventually(
    `server ${id} to be gone`,
    async () => ((await api.exists('compute', `/servers/${id}`)) ? undefined : true),
    { timeoutMs },
  );
}

/** The first fixed address of a server. */
export function fixedAddress(server: ServerBody): string {
  const address = Object.values(server.addresses)
    .flat()
    .find((candidate) => candidate['OS-EXT-IPS:type'] === 'fixed');
  if (!address) throw new Error(`server ${server.id} has no address`);
  return address.addr;
}

/** A floating IP of the external network for the port that a server has on its first network. */
export async function giveFloatingIp(api: Api, serverId: string): Promise<{ id: string; address: string }> {
  const { ports } = await api.get<{ ports: { id: string }[] }>('network', `/ports?device_id=${serverId}`);
  const external = await idOf(api, 'network', 'networks', 'public');
  const { floatingip } = await api.post<{ floatingip: { id: string; floating_ip_address: string } }>(
    'network',
    '/floatingips',
    {
      floatingip: { floating_network_id: external, port_id: ports[0]!.id },
    },
  );
  return { id: floatingip.id, address: floatingip.floating_ip_address };
}

/** Makes an empty volume and waits until it can be used. */
export async function makeVolume(api: Api, name: string, sizeGb = 1): Promise<string> {
  const { volume } = await api.post<{ volume: { id: string } }>('volume', '/volumes', {
    volume: { name, size: sizeGb },
  });
  await untilVolume(api, volume.id, 'available');
  return volume.id;
}

/** Waits for a volume's status. @throws Error as soon as it is in an error status instead. */
export async function untilVolume(api: Api, id: string, wanted: string, timeoutMs = 60_000): Promise<void> {
  const reached = await eventually(
    `volume ${id} to be ${wanted}`,
    async () => {
      const { volume } = await api.get<{ volume: { status: string } }>('volume', `/volumes/${id}`);
      return volume.status === wanted || volume.status.startsWith('error') ? volume.status : undefined;
    },
    { timeoutMs },
  );
  if (reached !== wanted) throw new Error(`volume ${id} is ${reached}`);
}

/** The block device mapping of a server that boots from an image and has a volume beside it. */
export function imageAndVolume(imageRef: string, volumeId: string): object[] {
  return [
    { boot_index: 0, source_type: 'image', destination_type: 'local', uuid: imageRef, delete_on_termination: true },
    { boot_index: -1, source_type: 'volume', destination_type: 'volume', uuid: volumeId, delete_on_termination: false },
  ];
}
