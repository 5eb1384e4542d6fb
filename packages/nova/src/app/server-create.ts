import { randomUUID } from 'node:crypto';
import type { Context } from '@kumo/core/context';
import { type Db, nowIso } from '@kumo/core/db';
import { flows } from '@kumo/core/flow';
import { annotate } from '@kumo/core/trace';
import type { Transaction } from 'kysely';
import type { NovaConfig } from '../config.ts';
import { insertBlockDevices } from '../db/block-devices.ts';
import { type Flavor, findFlavor } from '../db/flavors.ts';
import { insertAction } from '../db/instance-actions.ts';
import { findKeyPair } from '../db/key-pairs.ts';
import type { NovaTables } from '../db/schema.ts';
import { insertMetadata } from '../db/server-metadata.ts';
import type { RequestedImage, RequestedNetwork } from '../db/server-shapes.ts';
import { addTags } from '../db/server-tags.ts';
import { insertServers, type Queries, type Server } from '../db/servers.ts';
import { flavorRefNotFound, invalidRequest, metadataTooMany, quotaExceeded, unknownKeyName } from '../errors.ts';
import { serverSchedule } from '../flows/server-schedule.ts';
import { type BootDevices, bootDevices, checkVolumes } from './boot-devices.ts';
import { checkImageFits, requestedImage } from './boot-image.ts';
import { requestedNetworks, securityGroupIds } from './boot-networks.ts';
import type { Neighbours } from './neighbours.ts';
import { type NovaQuotas, usageOf } from './quotas.ts';
import { hostnameOf, newPassword, newReservationId, numbered } from './server-names.ts';
import type { WantedServers } from './server-wanted.ts';
import { requestedZone } from './zones.ts';

export interface ServerCreateDeps {
  db: Db<NovaTables>;
  config: NovaConfig;
  quotas: NovaQuotas;
  neighbours: Neighbours;
  /** After the transaction: the flow is to begin at once. */
  scheduleNow: () => void;
}

/** What the caller may ask for besides. */
export interface CreateRights {
  mayUseExternalNetworks: boolean;
  /** Throws forbidden unless a host may be named. */
  authorizeHost(): void;
  /** Throws forbidden unless a flavor without a disk may boot from an image. */
  authorizeZeroDisk(): void;
  seesAllFlavors: boolean;
}

/** Everything about the servers that is known before they are written down. */
interface Prepared {
  flavor: Flavor;
  image?: RequestedImage;
  boot: BootDevices;
  networks: RequestedNetwork[];
  groupIds: string[];
  key?: { type: string; publicKey: string };
  zone: { zone?: string; host?: string; node?: string };
}

export class ServerCreation {
  readonly #deps: ServerCreateDeps;

  constructor(deps: ServerCreateDeps) {
    this.#deps = deps;
  }

  /**
   * Checks the request with Glance, Neutron and Cinder, then writes down the servers, their disks, their quota and a flow
   * `server.schedule` each, in one transaction. Nothing is made or reserved anywhere else before that.
   */
  async create(
    ctx: Context,
    wanted: WantedServers,
    rights: CreateRights,
  ): Promise<{ servers: Server[]; adminPass: string }> {
    const { metadataItems: limit } = this.#deps.config.quota;
    if (limit >= 0 && Object.keys(wanted.metadata).length > limit) throw metadataTooMany({ limit });
    const prepared = await this.#prepare(ctx, wanted, rights);
    const servers = await this.#write(ctx, wanted, prepared);
    annotate({ 'kumo.server_id': servers[0]!.id });
    this.#deps.scheduleNow();
    return { servers, adminPass: wanted.adminPass ?? newPassword() };
  }

  async #prepare(ctx: Context, wanted: WantedServers, rights: CreateRights): Promise<Prepared> {
    const { db, config, neighbours } = this.#deps;
    const { glance, neutron, cinder } = neighbours;
    const flavor = await findFlavor(db.q, wanted.flavorId, rights.seesAllFlavors ? undefined : ctx.projectId);
    if (!flavor || flavor.disabled) throw flavorRefNotFound({ id: wanted.flavorId });
    const key = wanted.keyName ? await findKeyPair(db.q, ctx.userId, wanted.keyName) : undefined;
    if (wanted.keyName && !key) throw unknownKeyName();
    const zone = await this.#zone(config, wanted, rights);
    const boot = bootDevices(wanted.imageRef || undefined, wanted.blockDevices);
    if (wanted.maxCount > 1 && boot.devices.some(({ sourceType }) => sourceType === 'volume'))
      throw invalidRequest({ message: 'Cannot attach one or more volumes to multiple instances' });
    const [imageOfRoot, volumes, networks, groupIds] = await Promise.all([
      boot.rootImageId === undefined ? undefined : requestedImage(glance, ctx, boot.rootImageId),
      checkVolumes(cinder, ctx, boot.devices),
      requestedNetworks(neutron, ctx, wanted.networks, {
        mayUseExternal: rights.mayUseExternalNetworks,
        projectId: ctx.projectId!,
        servers: wanted.maxCount,
      }),
      securityGroupIds(neutron, ctx, wanted.securityGroups),
      ...boot.devices
        .filter(({ sourceType, uuid }) => sourceType === 'image' && uuid !== boot.rootImageId)
        .map(({ uuid }) => requestedImage(glance, ctx, uuid!)),
    ]);
    if (imageOfRoot) checkImageFits(imageOfRoot, flavor, boot);
    if (!boot.onVolume && flavor.rootGb === 0) rights.authorizeZeroDisk();
    return { flavor, image: imageOfRoot ?? imageOfVolume(volumes.rootImage), boot, networks, groupIds, key, zone };
  }

  async #zone(config: NovaConfig, wanted: WantedServers, rights: CreateRights) {
    const { zone, host, node } = await requestedZone(this.#deps.db.q, config, wanted.availabilityZone);
    const found = { zone, host: wanted.host ?? host, node: wanted.node ?? node };
    if (found.host !== undefined || found.node !== undefined) rights.authorizeHost();
    return found;
  }

  /** With `min_count`, as many servers as quota allows. */
  async #write(ctx: Context, wanted: WantedServers, prepared: Prepared): Promise<Server[]> {
    try {
      return await this.#writeCount(ctx, wanted, prepared, wanted.maxCount);
    } catch (error) {
      if (!quotaExceeded.is(error) || wanted.minCount === wanted.maxCount) throw error;
      const count = await this.#allowed(ctx, prepared.flavor, wanted.maxCount);
      if (count < wanted.minCount) throw error;
      return this.#writeCount(ctx, wanted, prepared, count);
    }
  }

  async #allowed(ctx: Context, flavor: Flavor, most: number): Promise<number> {
    const { quotas } = this.#deps;
    const limits = await quotas.limits(ctx.projectId!);
    const usage = await quotas.usage(ctx.projectId!);
    const each = usageOf(flavor);
    const room = (['instances', 'cores', 'ram'] as const).map((resource) =>
      limits[resource] < 0 || each[resource] === 0
        ? most
        : Math.floor((limits[resource] - usage[resource]) / each[resource]),
    );
    return Math.min(most, ...room);
  }

  async #writeCount(ctx: Context, wanted: WantedServers, prepared: Prepared, count: number): Promise<Server[]> {
    const servers = newServers(ctx, wanted, prepared, count);
    const { db, quotas } = this.#deps;
    await db.transaction(
      async (tx: Transaction<NovaTables>) => {
        await quotas.charge(tx, ctx.projectId!, usageOf(prepared.flavor, count));
        await insertServers(tx, servers);
        const ids = servers.map(({ id }) => id);
        await insertBlockDevices(
          tx,
          ids.flatMap((id) => deviceRows(id, prepared.boot)),
        );
        await insertMetadata(tx, ids, wanted.metadata);
        await addTags(tx, ids, wanted.tags);
        await insertAction(
          tx,
          ids.map((serverId) => actionOf(ctx, serverId)),
        );
        for (const serverId of ids) {
          const input = { serverId, excludeHosts: [], attempt: 1 };
          await flows.start(tx as Queries, serverSchedule, input, { key: serverId, ctx });
        }
      },
      { name: 'createServer' },
    );
    return servers;
  }
}

const actionOf = (ctx: Context, serverId: string) => ({
  serverId,
  requestId: ctx.requestId,
  action: 'create',
  userId: ctx.userId,
  projectId: ctx.projectId!,
});

function imageOfVolume(
  root: { id?: string; properties: Record<string, string> } | undefined,
): RequestedImage | undefined {
  if (!root?.id) return undefined;
  return { id: root.id, minDiskGb: 0, minRamMb: 0, properties: root.properties };
}

function newServers(ctx: Context, wanted: WantedServers, prepared: Prepared, count: number): Server[] {
  const now = nowIso();
  const { flavor, image, boot, networks, groupIds, key, zone } = prepared;
  const reservationId = newReservationId();
  const { id, name, vcpus, memoryMb, rootGb, ephemeralGb, swapMb, rxtxFactor, extraSpecs } = flavor;
  return Array.from({ length: count }, (_, index): Server => {
    const serverId = randomUUID();
    const serverName = numbered(wanted.name, index, wanted.maxCount);
    return {
      id: serverId,
      projectId: ctx.projectId!,
      userId: ctx.userId,
      name: serverName,
      description: wanted.description,
      hostname:
        wanted.hostname === undefined
          ? hostnameOf(serverName, serverId)
          : numbered(wanted.hostname, index, wanted.maxCount),
      vmState: 'building',
      taskState: 'scheduling',
      powerState: 0,
      progress: 0,
      host: null,
      node: null,
      imageRef: boot.onVolume ? '' : (wanted.imageRef ?? ''),
      flavor: { id, name, vcpus, memoryMb, rootGb, ephemeralGb, swapMb, rxtxFactor, extraSpecs },
      keyName: wanted.keyName ?? null,
      keyType: key?.type ?? null,
      keyData: key?.publicKey ?? null,
      userData: wanted.userData ?? null,
      configDrive: wanted.configDrive,
      availabilityZone: zone.zone ?? null,
      lockedBy: null,
      lockedReason: null,
      accessIpv4: wanted.accessIpv4,
      accessIpv6: wanted.accessIpv6,
      diskConfig: wanted.diskConfig,
      reservationId,
      launchIndex: index,
      rootDeviceName: boot.rootDeviceName,
      request: {
        networks,
        securityGroupIds: groupIds,
        securityGroupNames: wanted.securityGroups,
        availabilityZone: zone.zone,
        host: zone.host,
        node: zone.node,
        image,
        adminPassGiven: wanted.adminPass !== undefined,
      },
      networkInfo: [],
      fault: null,
      launchedAt: null,
      terminatedAt: null,
      deleted: false,
      deletedAt: null,
      createdAt: now,
      updatedAt: now,
    };
  });
}

function deviceRows(serverId: string, boot: BootDevices) {
  return boot.devices.map((device) => ({
    id: randomUUID(),
    serverId,
    sourceType: device.sourceType,
    destinationType: device.destinationType,
    deviceName: device.deviceName,
    bootIndex: device.bootIndex,
    deleteOnTermination: device.deleteOnTermination,
    imageId: device.sourceType === 'image' ? device.uuid! : null,
    snapshotId: device.sourceType === 'snapshot' ? device.uuid! : null,
    volumeId: device.sourceType === 'volume' ? device.uuid! : null,
    volumeSizeGb: device.sizeGb ?? null,
    volumeType: device.volumeType,
    guestFormat: device.guestFormat,
    diskBus: device.diskBus,
    deviceType: device.deviceType,
    tag: device.tag,
    attachmentId: null,
    connectionInfo: null,
  }));
}
