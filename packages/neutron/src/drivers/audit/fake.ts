import type { AuditDriver, OwnedThings } from './driver.ts';

/** A host on which fakes work has nothing to own. */
export class FakeAuditDriver implements AuditDriver {
  async listOwned(): Promise<OwnedThings> {
    return { links: [], namespaces: [], nftTables: [], processes: [] };
  }

  async removeAll(): Promise<void> {}
}
