import { addressKey } from '@kumo/core/http';
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
  const key = addressKey(address);
  return key.includes(':') ? `${key}::/64` : key;
}
