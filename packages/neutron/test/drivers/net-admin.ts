import { DriverError } from '@kumo/core/errors';
import { requireNetAdmin } from '../../src/drivers/host/net-admin.ts';

/** Why tests on the real kernel are skipped here; false when they run. */
export function whyNoNetAdmin(): string | false {
  try {
    requireNetAdmin();
    return false;
  } catch (error) {
    if (error instanceof DriverError) return error.message;
    throw error;
  }
}
