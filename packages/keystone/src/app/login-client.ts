import type { Turn } from '../passwords/waiting-line.ts';

/** Where a login comes from. */
export interface LoginClient {
  /** Of IPv6 the network of 64 bits, which is one client's. */
  readonly address: string;
  /** Aborted when nobody waits for the answer any longer. */
  readonly signal?: AbortSignal | undefined;
}

/** @param request.remoteAddress the client's, as far as it is known. */
export function loginClient(request: { readonly remoteAddress: string | undefined; readonly signal: AbortSignal }) {
  return { address: networkOf(request.remoteAddress ?? ''), signal: request.signal };
}

export function turnOf({ address, signal }: LoginClient, account: string): Turn {
  return { address, signal, account };
}

function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const [front, back] = [head, tail].map((part) => (part ? part.split(':') : []));
  const gap =
    tail === undefined ? [] : Array.from({ length: 8 - (front?.length ?? 0) - (back?.length ?? 0) }, () => '0');
  const groups = [...(front ?? []), ...gap, ...(back ?? [])].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
