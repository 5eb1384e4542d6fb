export { schedulerRpc } from './scheduler.ts';
export { volumeRpc } from './volume.ts';
