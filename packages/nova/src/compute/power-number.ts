import type { GuestState } from '../drivers/virt/driver.ts';

const NUMBERS: Record<GuestState, number> = { running: 1, paused: 3, shutdown: 4, crashed: 6, gone: 0 };

/** Nova's number for what the hypervisor says. */
export function powerNumber(state: GuestState): number {
  return NUMBERS[state];
}

/** What a server without a task is, judging by its guest. */
export function vmStateOf(state: GuestState): 'active' | 'paused' | 'stopped' {
  if (state === 'running') return 'active';
  return state === 'paused' ? 'paused' : 'stopped';
}
