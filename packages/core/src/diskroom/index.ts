export { type DiskReserve, DiskRoom, type DiskRoomOptions, leftOf } from './disk-room.ts';
