/** Everything on a host that bears the mark of this cloud. Each list is sorted. */
export interface OwnedThings {
  links: string[];
  namespaces: string[];
  /** `family name`, in the host's own namespace; those in namespaces go with them. */
  nftTables: string[];
  processes: { pid: number; commandLine: string }[];
}

/** Looks for what the drivers left on this host, for audits and `kumo reset`. */
export interface AuditDriver {
  listOwned(): Promise<OwnedThings>;
  /** Removes all of it: processes, namespaces, links, tables. Idempotent. Guests lose their network at once. */
  removeAll(): Promise<void>;
}
