export { type DiskReserve, DiskRoom, type DiskRoomOptions } from './disk-room.ts';
