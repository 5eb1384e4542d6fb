/**
 * What users' data may take of a file system: its reserve.
 */

export { type DiskReserve, DiskRoom, type DiskRoomOptions, leftOf } from './disk-room.ts';
