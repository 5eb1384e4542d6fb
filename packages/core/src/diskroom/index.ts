export { type DiskReserve, DiskRoom, type DiskRoomOptions, isNoSpace } from './disk-room.ts';
