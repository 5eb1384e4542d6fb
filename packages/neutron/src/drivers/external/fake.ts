import type { ExternalBridge, ExternalDriver } from './driver.ts';

/** Remembers the bridges. */
export class FakeExternalDriver implements ExternalDriver {
  readonly bridges = new Map<string, ExternalBridge>();

  async ensure(desired: ExternalBridge): Promise<void> {
    this.bridges.set(desired.bridge, desired);
  }

  async remove(bridge: string): Promise<void> {
    this.bridges.delete(bridge);
  }
}
