import type { TaskState, VmState } from '../db/server-shapes.ts';

const REBOOT: readonly string[] = ['rebooting', 'reboot_pending', 'reboot_started'];
const HARD_REBOOT: readonly string[] = ['rebooting_hard', 'reboot_pending_hard', 'reboot_started_hard'];

const BY_VM_STATE: Record<VmState, string> = {
  active: 'ACTIVE',
  building: 'BUILD',
  stopped: 'SHUTOFF',
  paused: 'PAUSED',
  suspended: 'SUSPENDED',
  error: 'ERROR',
  deleted: 'DELETED',
  'soft-delete': 'SOFT_DELETED',
};
const REBOOTABLE: readonly VmState[] = ['active', 'stopped', 'paused', 'suspended'];

/** The one word that users see of a server's states. */
export function statusOf(vmState: VmState, taskState: TaskState | null): string {
  if (taskState !== null && REBOOTABLE.includes(vmState)) {
    if (REBOOT.includes(taskState)) return 'REBOOT';
    if (HARD_REBOOT.includes(taskState)) return 'HARD_REBOOT';
  }
  return BY_VM_STATE[vmState];
}

/** The states that a status stands for in a list's filter; undefined for a word that is none. */
export function statesOf(status: string): { vmStates: readonly VmState[]; taskStates?: readonly string[] } | undefined {
  const word = status.toUpperCase();
  if (word === 'REBOOT') return { vmStates: REBOOTABLE, taskStates: REBOOT };
  if (word === 'HARD_REBOOT') return { vmStates: REBOOTABLE, taskStates: HARD_REBOOT };
  const found = Object.entries(BY_VM_STATE).filter(([, shown]) => shown === word);
  return found.length === 0 ? undefined : { vmStates: found.map(([vmState]) => vmState as VmState) };
}
