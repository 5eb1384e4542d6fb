import type { Db } from '@kumo/core/db';
import type { FlowJournal, FlowRunner } from '@kumo/core/flow';
import type { RpcHandlers } from '@kumo/core/rpc';
import { annotate } from '@kumo/core/trace';
import { cancelOthers } from '../app/building/cancel-flows.ts';
import { describeServer } from '../app/building/describe-server.ts';
import type { HostReports } from '../app/building/host-reports.ts';
import type { ServerProgress } from '../app/building/server-progress.ts';
import { deleteBlockDevice, updateBlockDevice } from '../db/block-devices.ts';
import type { NovaTables } from '../db/schema.ts';
import { reportService } from '../db/services.ts';
import type { conductorRpc } from './conductor.ts';
import { journalHandlers } from './journal.ts';

export interface ConductorHandlerDeps {
  readonly db: Db<NovaTables>;
  readonly journal: FlowJournal;
  readonly progress: ServerProgress;
  readonly reports: HostReports;
  readonly runner: Pick<FlowRunner, 'nudge'>;
}

type Handlers = RpcHandlers<typeof conductorRpc.methods>;

/** What nova-conductor answers. */
export function conductorHandlers(deps: ConductorHandlerDeps): Handlers {
  return { ...journalHandlers(deps.journal), ...serverHandlers(deps), ...hostHandlers(deps) };
}

type ServerMethods =
  | 'describeServer'
  | 'updateServer'
  | 'updateNetworkInfo'
  | 'updateBlockDevice'
  | 'deleteBlockDevice'
  | 'serverBuilt'
  | 'buildFailed'
  | 'scheduleFailed'
  | 'serverDeleted'
  | 'cancelOtherFlows'
  | 'runFlows';

function serverHandlers({ db, journal, progress, runner }: ConductorHandlerDeps): Pick<Handlers, ServerMethods> {
  const about = (serverId: string) => annotate({ 'kumo.server_id': serverId });
  return {
    describeServer: ({ serverId }) => {
      about(serverId);
      return describeServer(db.q, serverId);
    },
    updateServer: async (update) => {
      about(update.serverId);
      await progress.update(update);
      return {};
    },
    updateNetworkInfo: async ({ serverId, networkInfo }) => {
      await progress.replaceNetworkInfo(serverId, networkInfo);
      return {};
    },
    updateBlockDevice: async ({ blockDeviceId, changes }) => {
      await updateBlockDevice(db.q, blockDeviceId, changes);
      return {};
    },
    deleteBlockDevice: async ({ blockDeviceId }) => {
      await deleteBlockDevice(db.q, blockDeviceId);
      return {};
    },
    serverBuilt: async (done) => {
      about(done.serverId);
      await progress.built(done);
      return {};
    },
    buildFailed: async (failed, { ctx }) => {
      about(failed.serverId);
      return { rescheduled: await progress.buildFailed(failed, ctx) };
    },
    scheduleFailed: async ({ serverId, failure, cause, requestId }) => {
      await progress.scheduleFailed(serverId, failure, cause, requestId);
      return {};
    },
    serverDeleted: async ({ serverId, requestId }) => {
      about(serverId);
      await progress.deleted(serverId, requestId);
      return {};
    },
    cancelOtherFlows: async (wish) => {
      const unfinished = await cancelOthers(db.q, journal, wish);
      for (const { id } of unfinished) runner.nudge(id);
      return { unfinished: unfinished.map(({ id, name, holder }) => ({ id, name, holder })) };
    },
    runFlows: ({ flowId }) => runner.nudge(flowId),
  };
}

type HostMethods = 'reportService' | 'reportNode' | 'listHostServers' | 'isOrphan' | 'powerStateSeen';

function hostHandlers({ db, reports }: ConductorHandlerDeps): Pick<Handlers, HostMethods> {
  return {
    reportService: ({ host, binary }) => reportService(db.q, host, binary),
    reportNode: async ({ host, node }) => ({ nodeId: await reports.node(host, node) }),
    listHostServers: ({ host }) => reports.servers(host),
    isOrphan: async ({ serverId, host }) => ({ orphan: await reports.isOrphan(serverId, host) }),
    powerStateSeen: async ({ serverId, host, powerState }) => {
      await reports.powerSeen(serverId, host, powerState);
      return {};
    },
  };
}
