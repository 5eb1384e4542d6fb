import { takeAddress, takenKeys } from '../db/ip-allocations.ts';
import type { FixedIp, Subnet } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import {
  invalidInput,
  invalidIpForNetwork,
  invalidIpForSubnet,
  ipAddressAlreadyAllocated,
  ipAddressGenerationFailure,
} from '../errors.ts';
import {
  contains,
  hostRange,
  ipKey,
  ipText,
  type Prefix,
  parseIp,
  parsePrefix,
  slaacAddress,
} from '../net/ip-address.ts';

export interface FixedIpWish {
  subnetId?: string;
  ipAddress?: string;
}

/** One address of whichever of these has one left. */
interface AnyOf {
  anyOf: readonly Subnet[];
}

export interface AddressRequest {
  networkId: string;
  portId: string;
  mac: string;
  deviceOwner: string;
  /** Undefined: one address per family, as the network has them. */
  wishes?: readonly FixedIpWish[];
  /** All of the network's. */
  subnets: readonly Subnet[];
}

const FIRST_WINDOW = 32n;
const LAST_WINDOW = 4096n;
const ROUTER_OWNER = 'network:router';

/**
 * Hands out addresses. The table's key decides who gets one; a place per subnet, kept in memory only, says where to look
 * first, so that neither a full subnet's beginning is read again each time nor two requests try the same address.
 */
export class Ipam {
  readonly #places = new Map<string, bigint>();

  /** @throws what tells which wish cannot be granted, or that no address is left. Call inside the port's transaction. */
  async allocate(tx: Tx, request: AddressRequest): Promise<FixedIp[]> {
    const wishes = request.wishes ?? this.#defaults(request);
    const granted: FixedIp[] = [];
    for (const wish of wishes) {
      granted.push('anyOf' in wish ? await this.#anyOf(tx, request, wish.anyOf) : await this.#grant(tx, request, wish));
    }
    return granted;
  }

  forget(subnetId: string): void {
    this.#places.delete(subnetId);
  }

  /** With nothing asked for: one address per family, and in each subnet where hosts choose their own, that one. */
  #defaults(request: AddressRequest): (FixedIpWish | AnyOf)[] {
    const usable = plainSubnets(request);
    const wishes: (FixedIpWish | AnyOf)[] = [];
    for (const version of [4, 6]) {
      const anyOf = usable.filter((subnet) => subnet.ipVersion === version && !isAutoAddressed(subnet));
      if (anyOf.length > 0) wishes.push({ anyOf });
    }
    if (request.deviceOwner.startsWith(ROUTER_OWNER)) return wishes;
    for (const subnet of usable) if (isAutoAddressed(subnet)) wishes.push({ subnetId: subnet.id });
    return wishes;
  }

  async #grant(tx: Tx, request: AddressRequest, wish: FixedIpWish): Promise<FixedIp> {
    if (wish.ipAddress !== undefined) return this.#exactly(tx, request, wish.ipAddress, wish.subnetId);
    const subnet = request.subnets.find((one) => one.id === wish.subnetId);
    if (!subnet) {
      const reason = `Failed to create port on network ${request.networkId}, because fixed_ips included invalid subnet ${wish.subnetId}`;
      throw invalidInput({ reason });
    }
    if (isAutoAddressed(subnet) && !request.deviceOwner.startsWith(ROUTER_OWNER)) {
      const address = slaacAddress(parsePrefix(subnet.cidr) as Prefix, request.mac);
      return this.#take(tx, request, subnet, address);
    }
    const found = await this.#next(tx, request, subnet);
    if (!found) throw ipAddressGenerationFailure({ id: request.networkId });
    return found;
  }

  async #anyOf(tx: Tx, request: AddressRequest, subnets: readonly Subnet[]): Promise<FixedIp> {
    for (const subnet of subnets) {
      const found = await this.#next(tx, request, subnet);
      if (found) return found;
    }
    throw ipAddressGenerationFailure({ id: request.networkId });
  }

  #exactly(tx: Tx, request: AddressRequest, text: string, subnetId: string | undefined): Promise<FixedIp> {
    const address = parseIp(text);
    if (!address) throw invalidInput({ reason: `'${text}' is not a valid IP address` });
    const inside = (subnet: Subnet) => contains(parsePrefix(subnet.cidr) as Prefix, address);
    const subnet = request.subnets.find((one) => (subnetId === undefined ? inside(one) : one.id === subnetId));
    if (!subnet) {
      if (subnetId === undefined) throw invalidIpForNetwork({ ip: text });
      throw invalidInput({ reason: `Subnet ${subnetId} is not on network ${request.networkId}` });
    }
    const range = hostRange(parsePrefix(subnet.cidr) as Prefix);
    if (!inside(subnet) || address.value < range.first || address.value > range.last) {
      throw invalidIpForSubnet({ ip: text });
    }
    return this.#take(tx, request, subnet, ipText(address));
  }

  async #take(tx: Tx, { networkId, portId }: AddressRequest, subnet: Subnet, ipAddress: string): Promise<FixedIp> {
    const key = ipKey(parseIp(ipAddress) as NonNullable<ReturnType<typeof parseIp>>);
    const taken = await takeAddress(tx, { subnetId: subnet.id, ipKey: key, ipAddress, networkId, portId });
    if (!taken) throw ipAddressAlreadyAllocated({ ip: ipAddress, subnetId: subnet.id });
    return { subnetId: subnet.id, ipAddress };
  }

  /** The next free address of the pools, going round from where the last one was found. */
  async #next(tx: Tx, request: AddressRequest, subnet: Subnet): Promise<FixedIp | undefined> {
    const version = subnet.ipVersion;
    const pools = subnet.allocationPools.map(({ start, end }) => ({
      first: (parseIp(start) as { value: bigint }).value,
      last: (parseIp(end) as { value: bigint }).value,
    }));
    const place = this.#places.get(subnet.id) ?? 0n;
    const ahead = pools
      .filter((pool) => pool.last >= place)
      .map((pool) => ({ ...pool, first: max(pool.first, place) }));
    const behind = pools
      .filter((pool) => pool.first < place)
      .map((pool) => ({ ...pool, last: min(pool.last, place - 1n) }));
    for (const range of [...ahead, ...behind]) {
      let size = FIRST_WINDOW;
      for (let first = range.first; first <= range.last; first += size, size = min(size * 4n, LAST_WINDOW)) {
        const last = min(first + size - 1n, range.last);
        const keys = { first: ipKey({ version, value: first }), last: ipKey({ version, value: last }) };
        const taken = await takenKeys(tx, subnet.id, keys);
        if (BigInt(taken.size) > last - first) continue;
        const found = await this.#firstFree(tx, request, { subnet, first, last, taken });
        if (found) return found;
      }
    }
    return undefined;
  }

  async #firstFree(
    tx: Tx,
    { networkId, portId }: AddressRequest,
    window: { subnet: Subnet; first: bigint; last: bigint; taken: ReadonlySet<string> },
  ): Promise<FixedIp | undefined> {
    const { subnet, taken } = window;
    for (let value = max(window.first, this.#passed(subnet, window)); value <= window.last; value += 1n) {
      const number = { version: subnet.ipVersion, value };
      const key = ipKey(number);
      if (taken.has(key)) continue;
      // Moved on before the insert, so that another request of this process does not try the same address meanwhile.
      this.#places.set(subnet.id, value + 1n);
      const ipAddress = ipText(number);
      if (await takeAddress(tx, { subnetId: subnet.id, ipKey: key, ipAddress, networkId, portId })) {
        return { subnetId: subnet.id, ipAddress };
      }
    }
    return undefined;
  }

  /** Where another request has got to within this window meanwhile. */
  #passed(subnet: Subnet, window: { first: bigint; last: bigint }): bigint {
    const place = this.#places.get(subnet.id) ?? 0n;
    return place > window.first && place <= window.last ? place : window.first;
  }
}

/** Hosts choose their own address there. */
export function isAutoAddressed(subnet: Pick<Subnet, 'ipVersion' | 'ipv6AddressMode'>): boolean {
  return (
    subnet.ipVersion === 6 && (subnet.ipv6AddressMode === 'slaac' || subnet.ipv6AddressMode === 'dhcpv6-stateless')
  );
}

/** Subnets for this kind of device, else those for every kind. */
function plainSubnets({ subnets, deviceOwner }: AddressRequest): Subnet[] {
  const meant = subnets.filter((subnet) => subnet.serviceTypes.some((type) => deviceOwner.startsWith(type)));
  return meant.length > 0 ? meant : subnets.filter((subnet) => subnet.serviceTypes.length === 0);
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
