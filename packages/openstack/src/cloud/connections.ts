import { type ConnectionLimits, ConnectionTable, TrustedProxies } from '@kumo/core/http';
import { CommandError } from '../cli/command-error.ts';
import type { KumoConfig } from '../config/schema.ts';

/** The bounds of all listeners of one process. */
export interface ConnectionBounds {
  readonly limits: Partial<ConnectionLimits>;
  readonly table: ConnectionTable;
}

/** @throws CommandError naming a trusted proxy that is no address. */
export function connectionBounds({ http, keystone }: KumoConfig): ConnectionBounds {
  const proxies = trustedProxies(keystone.trustedProxies);
  return {
    limits: {
      handshakeMs: http.handshakeSeconds * 1000,
      headersMs: http.headersSeconds * 1000,
      bodyMs: http.bodySeconds * 1000,
      keepAliveMs: http.keepAliveSeconds * 1000,
      stallMs: http.stallSeconds * 1000,
      minBytesPerSecond: http.minBytesPerSecond,
    },
    table: new ConnectionTable({
      most: http.maxConnections,
      mostPerAddress: http.maxConnectionsPerAddress,
      isProxy: (address) => proxies.has(address),
    }),
  };
}

function trustedProxies(entries: readonly string[]): TrustedProxies {
  try {
    return new TrustedProxies(entries);
  } catch (error) {
    throw new CommandError(`keystone.${(error as Error).message}`, { exitCode: 2, cause: error });
  }
}
