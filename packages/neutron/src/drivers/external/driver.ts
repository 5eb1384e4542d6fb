/** The bridge of a physical network on a machine that is itself the gateway of that network. */
export interface ExternalBridge {
  /** e.g. `br-ex`. */
  bridge: string;
  /** The host's own address on it, with its prefix: `172.24.4.1/24`. */
  cidr: string;
  /** Lets the network reach what the host reaches, under the host's address. */
  nat: boolean;
  mtu?: number;
}

export interface ExternalDriver {
  /**
   * Makes the bridge, its address and, with `nat`, forwarding and masquerading. Idempotent.
   * @throws DriverError when a bridge of this name exists that is not ours: map it instead of making it.
   */
  ensure(desired: ExternalBridge): Promise<void>;
  /** Removes the bridge, if it is ours, and the masquerading. Forwarding stays on: others may use it by now. */
  remove(bridge: string): Promise<void>;
}
