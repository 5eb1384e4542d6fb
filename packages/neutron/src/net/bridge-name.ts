/** The bridge of a network on a host, as every Linux bridge agent of OpenStack names it. */
export function bridgeName(networkId: string): string {
  return `brq${networkId.slice(0, 11)}`;
}
