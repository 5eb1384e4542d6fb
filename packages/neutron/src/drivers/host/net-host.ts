import { existsSync } from 'node:fs';
import { DriverError } from '@kumo/core/errors';
import { type RunOptions, type RunResult, run } from '@kumo/core/exec';
import { checkedName } from './checked-values.ts';
import { Marks } from './marks.ts';

export interface NetHostOptions {
  /** Goes into every mark, so that two clouds on one machine leave each other's interfaces alone. */
  cloudId: string;
  /** The namespace that plays the host; absent for the host itself. Namespaces below it keep their global names. */
  netns?: string;
}

/** A link as `ip -json -details link` prints it, as far as drivers look at it. */
export interface Link {
  ifindex: number;
  ifname: string;
  ifalias?: string;
  flags: string[];
  mtu: number;
  address: string;
  master?: string;
  addr_info?: { family: 'inet' | 'inet6'; local: string; prefixlen: number; scope: string }[];
  linkinfo?: { info_kind?: string; info_data?: Record<string, unknown>; info_slave_data?: Record<string, unknown> };
}

export interface CommandOptions extends RunOptions {
  /** Runs there instead of in the host's own namespace. */
  namespace?: string;
}

/** Commands on one host: `ip`, `bridge` and `nft` in batches, so that a whole sync costs a handful of processes. */
export class NetHost {
  readonly marks: Marks;
  readonly netns: string | undefined;

  constructor(options: NetHostOptions) {
    this.marks = new Marks(options.cloudId);
    this.netns = options.netns === undefined ? undefined : checkedName(options.netns);
  }

  /** Runs any program in the host's (or the given) network namespace. */
  exec(program: string, args: readonly string[], options: CommandOptions = {}): Promise<RunResult> {
    const { namespace = this.netns, ...rest } = options;
    if (namespace === undefined) return run(program, args, rest);
    return run('nsenter', [`--net=${namespacePath(namespace)}`, program, ...args], rest);
  }

  /** Everything that `ip -json <args>` prints; an empty list when it prints nothing. */
  async ipJson<T>(args: readonly string[], namespace = this.netns): Promise<T[]> {
    const { stdout } = await run('ip', [...inNamespace(namespace), '-json', ...args]);
    return stdout.trim() === ''
      ? []
      : (JSON.parse(stdout) as T[]).filter((item) => Object.keys(item as object).length > 0);
  }

  links(namespace = this.netns): Promise<Link[]> {
    return this.ipJson<Link>(['-details', 'link', 'show'], namespace);
  }

  /** Links with their addresses. */
  addresses(namespace = this.netns): Promise<Link[]> {
    return this.ipJson<Link>(['-details', 'address', 'show'], namespace);
  }

  /** Runs lines of `ip` in one process; stops at the first that fails. No lines, no process. */
  async ipBatch(lines: readonly string[], namespace = this.netns): Promise<void> {
    if (lines.length > 0)
      await run('ip', [...inNamespace(namespace), '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  /**
   * Deletes links. One that goes by itself meanwhile (the other end of a veth, a namespace being taken apart) is fine.
   * @throws DriverError when any of them is still there afterwards.
   */
  async deleteLinks(names: readonly string[], namespace = this.netns): Promise<void> {
    if (names.length === 0) return;
    const input = names.map((name) => `link delete dev ${name}\n`).join('');
    const args = [...inNamespace(namespace), '-force', '-batch', '-'];
    const { code, stderr } = await run('ip', args, { input, okCodes: [0, 1] });
    if (code === 0) return;
    const left = (await this.links(namespace)).filter((link) => names.includes(link.ifname));
    if (left.length > 0)
      throw new DriverError(`Cannot delete ${left.map((link) => link.ifname).join(', ')}: ${stderr.trim()}`);
  }

  async bridgeBatch(lines: readonly string[]): Promise<void> {
    if (lines.length > 0)
      await run('bridge', [...inNamespace(this.netns), '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  /** Forwarding entries of every bridge port, as `bridge -json fdb` prints them. */
  async fdb(): Promise<{ mac: string; ifname: string; dst?: string; flags?: string[] }[]> {
    const { stdout } = await run('bridge', [...inNamespace(this.netns), '-json', 'fdb', 'show']);
    return stdout.trim() === '' ? [] : JSON.parse(stdout);
  }

  /** One atomic nftables transaction. */
  async nft(script: string, namespace = this.netns): Promise<void> {
    await this.exec('nft', ['-f', '-'], { input: script, namespace });
  }

  /** The tables of our name, as `family name`. */
  async ownTables(namespace = this.netns): Promise<string[]> {
    const { stdout } = await this.exec('nft', ['list', 'tables'], { namespace });
    return stdout
      .split('\n')
      .map((line) => line.replace(/^table /, '').trim())
      .filter((table) => table.split(' ')[1] === this.marks.table);
  }
}

export const namespacePath = (name: string): string => `/run/netns/${name}`;

export const namespaceExists = (name: string): boolean => existsSync(namespacePath(name));

/** True when the link is up as far as its owner asked for it. */
export const isUp = (link: Link): boolean => link.flags.includes('UP');

/**
 * @throws DriverError when a link of the wanted name bears somebody else's alias. One without any alias is taken over:
 * its name is derived from an id of ours, and a crash may have come between making it and marking it.
 */
export function assertOurs(link: Link, alias: string): void {
  if (link.ifalias === undefined || link.ifalias === alias) return;
  throw new DriverError(`Interface ${link.ifname} already exists and belongs to "${link.ifalias}", not to "${alias}".`);
}

function inNamespace(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ['-n', namespace];
}
