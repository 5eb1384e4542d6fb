import type { BackendReport } from '../db/services.ts';
import type { VolumeDriver } from '../drivers/volume/index.ts';

/** What cinder-volume's heartbeat says of its back end. */
export async function backendReport(driver: VolumeDriver, backendName: string): Promise<BackendReport> {
  const { totalGb, freeGb, provisionedGb, thinProvisioning, volumes } = await driver.stats();
  const { name } = driver;
  return { backendName, pool: backendName, driver: name, totalGb, freeGb, provisionedGb, thinProvisioning, volumes };
}
