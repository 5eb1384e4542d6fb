import { randomUUID } from 'node:crypto';
import { isForeignKeyViolation, isUniqueViolation } from '@kumo/core/db';
import { addSecurityGroups, withDetails } from '../db/ports.ts';
import type { Network, Port, Subnet } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { networks, portRows, subnets } from '../db/tables.ts';
import { macAddressInUse, networkNotFound } from '../errors.ts';
import type { Caller } from './caller.ts';
import { ensureDefaultGroup } from './default-security-group.ts';
import type { NeutronDeps } from './deps.ts';
import { isVisible } from './networks.ts';
import { ownerOf } from './owner.ts';
import { bind } from './port-binding.ts';
import { insertPort, newMac, withFreshMacs } from './port-insertion.ts';
import {
  checkDevice,
  checkFixedIps,
  checkGroups,
  checkPairs,
  checkPortSecurity,
  mergedOptions,
  type NewPort,
  portTarget,
} from './port-rules.ts';

interface Prepared {
  id: string;
  projectId: string;
  wanted: NewPort;
  network: Network;
  subnets: Subnet[];
  vifType: Port['vifType'];
  portSecurityEnabled: boolean;
  /** Undefined: the project's default group. */
  groups: string[] | undefined;
}

/** Makes ports: all of a request, or none. */
export class PortCreation {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  async create(caller: Caller, wanted: readonly NewPort[], bodies: readonly object[]): Promise<Port[]> {
    caller.authorizeOwn();
    const prepared: Prepared[] = [];
    for (const [at, one] of wanted.entries())
      prepared.push(await this.#prepare(caller, one, bodies[at] as Record<string, unknown>));
    const { db, agents } = this.#deps;
    const hasOwnMac = wanted.some((one) => one.macAddress !== undefined);
    return withFreshMacs(hasOwnMac, () =>
      db.transaction(async (tx) => {
        for (const one of prepared) await this.#insert(tx, one);
        const ids = prepared.map((one) => one.id);
        const made = await withDetails(tx, await portRows.findMany(tx, ids));
        agents.portsChanged(tx, made);
        agents.dhcpChanged(
          tx,
          made.map((port) => port.networkId),
        );
        agents.securityGroupsChanged(
          tx,
          made.flatMap((port) => port.securityGroups),
        );
        return made;
      }),
    ).catch((error: unknown) => this.#explain(error, wanted));
  }

  async #prepare(caller: Caller, wanted: NewPort, body: Record<string, unknown>): Promise<Prepared> {
    const { db, config } = this.#deps;
    const network = await networks.find(db.q, wanted.networkId);
    if (!network || !isVisible(caller, network)) throw networkNotFound({ id: wanted.networkId });
    const projectId = ownerOf(caller, wanted);
    const target = portTarget({ projectId, deviceOwner: wanted.deviceOwner }, network);
    caller.authorize(target);
    caller.authorizeAttributes('create_port', body, target);
    await checkDevice(db.q, caller, wanted.deviceId);
    if (wanted.fixedIps) wanted.fixedIps = checkFixedIps(wanted.fixedIps, config.maxFixedIpsPerPort);
    const isTrusted = (wanted.deviceOwner ?? '').startsWith('network:');
    const portSecurityEnabled = wanted.portSecurityEnabled ?? (network.portSecurityEnabled && !isTrusted);
    const none = !portSecurityEnabled || isTrusted;
    const groups = wanted.securityGroups
      ? await checkGroups(db.q, caller, wanted.securityGroups, projectId)
      : none
        ? []
        : undefined;
    const hostId = wanted.hostId ?? '';
    return {
      id: randomUUID(),
      projectId,
      wanted,
      network,
      subnets: await subnets.where(db.q, 'networkId', [network.id]),
      vifType: await bind(db.q, this.#deps, { hostId, vnicType: wanted.vnicType ?? 'normal', network }),
      portSecurityEnabled,
      groups,
    };
  }

  async #insert(tx: Tx, one: Prepared): Promise<void> {
    const { id, projectId, wanted, network, portSecurityEnabled } = one;
    const { quota, ipam } = this.#deps;
    const fallback = await ensureDefaultGroup(tx, this.#deps, projectId);
    if (projectId !== '') await quota.charge(tx, projectId, { port: 1 });
    const macAddress = wanted.macAddress?.toLowerCase() ?? newMac();
    const groups = one.groups ?? (fallback === undefined ? [] : [fallback]);
    const allowedAddressPairs = checkPairs(wanted.allowedAddressPairs ?? [], macAddress);
    checkPortSecurity({ portSecurityEnabled, securityGroups: groups, allowedAddressPairs });
    const { deviceId, deviceOwner, name, description, adminStateUp, dnsName, vnicType } = wanted;
    await insertPort(tx, {
      ...defined({ name, description, adminStateUp, deviceId, deviceOwner, dnsName, vnicType }),
      id,
      projectId,
      networkId: network.id,
      macAddress,
      portSecurityEnabled,
      allowedAddressPairs,
      extraDhcpOpts: mergedOptions([], wanted.extraDhcpOpts ?? []),
      hostId: wanted.hostId ?? '',
      vifType: one.vifType,
      bindingProfile: wanted.bindingProfile ?? {},
    });
    await addSecurityGroups(tx, id, groups);
    await ipam.allocate(tx, {
      networkId: network.id,
      portId: id,
      mac: macAddress,
      deviceOwner: deviceOwner ?? '',
      wishes: wanted.fixedIps ?? undefined,
      subnets: one.subnets,
    });
  }

  #explain(error: unknown, wanted: readonly NewPort[]): never {
    const own = wanted.find((one) => one.macAddress !== undefined);
    if (own && isUniqueViolation(error))
      throw macAddressInUse({ networkId: own.networkId, mac: own.macAddress }, { cause: error });
    // The network went while the port was being made.
    if (isForeignKeyViolation(error)) throw networkNotFound({ id: wanted[0]?.networkId }, { cause: error });
    throw error;
  }
}

/** Without what is undefined, so that defaults are not overwritten. */
function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
