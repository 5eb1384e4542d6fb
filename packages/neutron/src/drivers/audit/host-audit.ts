import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '@kumo/core/exec';
import { ownNamespaces, removeNamespace } from '../host/namespace.ts';
import type { Link, NetHost } from '../host/net-host.ts';
import { endProcess } from '../host/pid-file.ts';
import type { AuditDriver, OwnedThings } from './driver.ts';

/** Reads marks off links (alias), namespaces (alias of `lo`), tables (name) and processes (their configuration's path). */
export class HostAuditDriver implements AuditDriver {
  readonly #host: NetHost;
  readonly #runDir: string;

  /** @param options.runDir as given to the DHCP driver: a dnsmasq is ours when its configuration lies below it */
  constructor(host: NetHost, options: { runDir: string }) {
    this.#host = host;
    this.#runDir = options.runDir;
  }

  async listOwned(): Promise<OwnedThings> {
    const [links, namespaces, nftTables, processes] = await Promise.all([
      this.#links(),
      ownNamespaces(this.#host),
      this.#host.ownTables(),
      this.#processes(),
    ]);
    return {
      links: links.map((link) => link.ifname).sort(),
      namespaces: namespaces.map(({ name }) => name).sort(),
      nftTables: nftTables.sort(),
      processes: processes.sort((a, b) => a.pid - b.pid),
    };
  }

  async removeAll(): Promise<void> {
    for (const { pid } of await this.#processes()) await endProcess(pid);
    for (const { name } of await ownNamespaces(this.#host)) {
      // Its veths first: the namespace itself is only taken apart some time after it was deleted.
      const inner = (await this.#host.links(name)).filter((link) => this.#isOurs(link) && link.ifname !== 'lo');
      await this.#host.deleteLinks(
        inner.map((link) => link.ifname),
        name,
      );
      await removeNamespace(name);
    }
    await this.#host.deleteLinks((await this.#links()).map((link) => link.ifname));
    const tables = await this.#host.ownTables();
    if (tables.length > 0) await this.#host.nft(tables.map((table) => `delete table ${table}\n`).join(''));
  }

  async #links(): Promise<Link[]> {
    return (await this.#host.links()).filter((link) => this.#isOurs(link));
  }

  #isOurs(link: Link): boolean {
    return this.#host.marks.read(link.ifalias) !== undefined;
  }

  async #processes(): Promise<OwnedThings['processes']> {
    const ours = `--conf-file=${join(this.#runDir, 'dhcp')}/`;
    const found = [];
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const args = (await readIfThere(`/proc/${name}/cmdline`))?.split('\0') ?? [];
      if (args[0]?.endsWith('dnsmasq') && args.some((arg) => arg.startsWith(ours))) {
        found.push({ pid: Number(name), commandLine: args.join(' ').trim() });
      }
    }
    return found;
  }
}
