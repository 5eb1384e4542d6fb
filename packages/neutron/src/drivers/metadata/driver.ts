/** A request of a guest to 169.254.169.254, with where it came from: that is how the guest is told from others. */
export interface MetadataRequest {
  /** The guest's fixed address in its network. */
  clientIp: string;
  /** Exactly one of the two: through which router, or on which isolated network. */
  routerId?: string;
  networkId?: string;
  method: string;
  /** The path with its query. */
  path: string;
  /** As the guest sent them, without those about the connection and those that only a proxy may set. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface MetadataReply {
  status: number;
  headers: Record<string, string>;
  body: Buffer | string;
}

export type MetadataHandler = (request: MetadataRequest) => Promise<MetadataReply>;

/** A place where guests ask for their metadata. */
export interface MetadataPlace {
  namespace: string;
  routerId?: string;
  networkId?: string;
}

/** Listens for metadata requests in router and DHCP namespaces. */
export interface MetadataDriver {
  /**
   * Listens in exactly these namespaces, on 169.254.169.254:80, and forwards to the handler. Idempotent; a namespace that
   * was made anew meanwhile is listened to anew. The address must be there: the L3 and DHCP drivers add it.
   * @throws DriverError naming the first namespace where it cannot listen; the others are served.
   */
  sync(places: readonly MetadataPlace[]): Promise<void>;
  /** Namespaces that are listened to. */
  report(): Promise<{ namespace: string }[]>;
  close(): Promise<void>;
}
