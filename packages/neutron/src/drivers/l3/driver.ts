import type { NamespacePort } from '../host/veth.ts';

/** An interface of a router. */
export interface RouterPort extends NamespacePort {
  /** Its addresses with their subnets' prefix lengths: `10.0.0.1/24`. */
  addresses: readonly string[];
}

export interface RouterGateway extends RouterPort {
  /** Gateways of the external subnets, at most one per family. */
  gatewayIps: readonly string[];
  enableSnat: boolean;
}

export interface FloatingIp {
  floatingIpId: string;
  floatingIp: string;
  fixedIp: string;
}

export interface Router {
  routerId: string;
  /** False: nothing is forwarded; everything else stays. */
  adminUp: boolean;
  interfaces: readonly RouterPort[];
  gateway: RouterGateway | null;
  /** Need a gateway; without one they are not applied. */
  floatingIps: readonly FloatingIp[];
  routes: readonly { destination: string; nexthop: string }[];
}

export interface RouterReport {
  routerId: string;
  namespace: string;
  floatingIps: { floatingIpId: string; status: 'ACTIVE' | 'DOWN' }[];
}

/** Routers, each in a namespace of its own. */
export interface L3Driver {
  /**
   * Makes the router exactly as `router` says: interfaces, addresses, routes, address translation. It answers
   * 169.254.169.254 to its internal networks (a listener for it is the metadata proxy's). Idempotent.
   * @throws DriverError, retryable while a bridge that it joins does not exist.
   */
  ensureRouter(router: Router): Promise<RouterReport>;
  /** Removes the router's namespace and ports. Absent is fine. */
  removeRouter(routerId: string): Promise<void>;
  /** Ids of the routers of this cloud that are on this host. */
  report(): Promise<{ routerId: string; namespace: string }[]>;
}
