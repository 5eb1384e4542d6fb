import type { Link } from './net-host.ts';

/**
 * Frames to the reserved multicast MACs (01:80:c2:00:00:0x) are handled like any others, and so filtered. By default a bridge
 * learns who sent one and hands it up to the host past all filters of bridges: a guest could take over a neighbour's MAC, and
 * reach the host. Pause frames alone cannot be named; the kernel drops them.
 */
const ALL_BUT_PAUSE = '0xfffd';

/**
 * Lines of `ip -batch` that make a link a port of a bridge, or mend what differs. Before the link is up.
 * @param link as it was read; undefined for one that is being made.
 */
export function bridgePortLines(name: string, bridge: string, link: Link | undefined): string[] {
  const isJoined = link?.master === bridge;
  const lines = isJoined ? [] : [`link set dev ${name} master ${bridge}`];
  if (!isJoined || link.linkinfo?.info_slave_data?.group_fwd_mask !== ALL_BUT_PAUSE)
    lines.push(`link set dev ${name} type bridge_slave group_fwd_mask ${ALL_BUT_PAUSE}`);
  return lines;
}
