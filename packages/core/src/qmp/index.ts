/**
 * QEMU's protocol.
 */

export {
  type QmpArguments,
  QmpClient,
  type QmpConnectOptions,
  QmpError,
  type QmpEvent,
  type QmpExecuteOptions,
} from './qmp-client.ts';
