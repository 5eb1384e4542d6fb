import { flow } from '@kumo/core/flow';
import { unlessAbsent } from '../compute/absent.ts';
import { powerNumber, vmStateOf } from '../compute/power-number.ts';
import { rebuiltSpec } from '../compute/rebuilt-spec.ts';
import { GuestGoneError, type PowerAction } from '../drivers/virt/driver.ts';
import { type ComputeDeps, handleOf } from './flow-deps.ts';

export interface PowerInput {
  serverId: string;
  action: Exclude<PowerAction, 'force-stop'>;
}

/** Names of the events under the instance action, as Nova has them. */
const EVENTS: Record<PowerInput['action'], string> = {
  start: 'compute_start_instance',
  stop: 'compute_stop_instance',
  'reboot-soft': 'compute_reboot_instance',
  'reboot-hard': 'compute_reboot_instance',
  pause: 'compute_pause_instance',
  resume: 'compute_unpause_instance',
};

/** Starts, stops, reboots, pauses. Key: the server's id; holder: its host; nova-api sets the task_state with it. */
export const serverPower = flow<ComputeDeps, PowerInput>('server.power', 1)
  .step('power', {
    timeoutMs: 300_000,
    run: async (deps, { serverId, action }, _, { signal, ctx }) => {
      const handle = handleOf(serverId);
      try {
        await deps.guests.power(handle, action, signal);
      } catch (error) {
        if (!(error instanceof GuestGoneError) || !makesRunning(action)) throw error;
        // The host lost the guest's definition: it is made again from what the database knows.
        await deps.guests.spawn(await rebuiltSpec(deps, serverId, { signal, ctx }), signal);
      }
      return { state: await deps.guests.state(handle) };
    },
  })
  .step('record', {
    run: async ({ conductor }, { serverId, action }, { power: { state } }, { ctx }) => {
      const changes = { vmState: vmStateOf(state), powerState: powerNumber(state), taskState: null };
      const event = { name: EVENTS[action], requestId: ctx?.requestId, outcome: 'Success' as const };
      await conductor.updateServer({ serverId, changes, event }, { ctx });
    },
  })
  .onFailed(async ({ conductor, guests }, { serverId, action }, failure, { ctx }) => {
    if (failure.cancelled) return;
    const state = await guests.state(handleOf(serverId));
    const changes = { vmState: vmStateOf(state), powerState: powerNumber(state), taskState: null };
    const event = { name: EVENTS[action], requestId: ctx?.requestId, outcome: 'Error' as const };
    await unlessAbsent(conductor.updateServer({ serverId, changes, event, failure }, { ctx }));
  });

function makesRunning(action: PowerInput['action']): boolean {
  return action === 'start' || action === 'reboot-hard' || action === 'reboot-soft';
}
