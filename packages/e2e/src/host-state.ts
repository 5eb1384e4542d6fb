import { existsSync, globSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultIdBounds, guardTable } from '../../core/src/confine/index.ts';
import type { Cloud } from './cloud.ts';
import { succeed } from './command.ts';

/** What there is on this host that a cloud may have made, as sorted lines that say what it is. */
export interface HostState {
  links: string[];
  namespaces: string[];
  nftTables: string[];
  processes: string[];
  files: string[];
}

/** Files that a cloud has in any case: databases, logs, keys, what says that it runs; and whole base images, kept for a day. */
const KEPT = [
  /^(db|log|keystone|guest)\//,
  /^run\/(kumo\.json|nodes\/|restarts-)/,
  /^nova\/images\/sha\d{3}-[0-9a-f]+(\.of-[0-9A-Za-z-]+)?$/,
  /^[^/]+$/,
];
const OUR_NAMES = /^(brq|br-|tap|vxlan-|ns-|qr-|qg-)/;
const HELPERS = /^(qemu-system-|qemu-storage-daemon$|qemu-img$|qemu-nbd$|dnsmasq$|nsenter$|ip$)/;

/**
 * Looks at the host itself, not at what the cloud believes. Of links that are named as Kumo names them only those are left
 * out that bear another cloud's mark: one that was made and not yet marked when its maker was killed shall be found.
 */
export async function hostState(cloud: Cloud): Promise<HostState> {
  const [links, namespaces, nftTables] = await Promise.all([linksFor(cloud), namespacesOf(cloud), tablesOf(cloud)]);
  return { links, namespaces, nftTables, processes: processesOf(cloud), files: filesOf(cloud) };
}

async function linksFor({ cloudId }: Cloud): Promise<string[]> {
  const all = JSON.parse(await succeed('ip', ['-json', 'link', 'show'])) as {
    ifname: string;
    ifalias?: string;
    link_type?: string;
  }[];
  return all
    .filter(({ ifname, ifalias }) =>
      ifalias?.startsWith('kumo:') ? ifalias.startsWith(`kumo:${cloudId}:`) : OUR_NAMES.test(ifname),
    )
    .map(({ ifname, ifalias }) => `${ifname}${ifalias ? ` (${ifalias})` : ''}`)
    .sort();
}

/** Namespaces named as Kumo names them, except those whose `lo` says that another cloud made them. */
async function namespacesOf({ cloudId }: Cloud): Promise<string[]> {
  const names = existsSync('/run/netns')
    ? readdirSync('/run/netns').filter((name) => /^q(dhcp|router)-/.test(name))
    : [];
  const found: string[] = [];
  for (const name of names) {
    const mark = await markOf(name);
    if (mark !== undefined && (!mark.startsWith('kumo:') || mark.startsWith(`kumo:${cloudId}:`))) found.push(name);
  }
  return found.sort();
}

/** What a namespace's `lo` says of who made it, undefined when the namespace went away while it was looked at. */
async function markOf(namespace: string): Promise<string | undefined> {
  const look = () => succeed('ip', ['-netns', namespace, '-json', 'link', 'show', 'dev', 'lo']);
  const text = await look().catch(async () => {
    // It has its name until the last moment of its removal, and can then not be entered any more.
    await sleep(200);
    return existsSync(join('/run/netns', namespace)) ? look() : undefined;
  });
  if (text === undefined) return undefined;
  const [lo] = JSON.parse(text) as { ifalias?: string }[];
  return lo?.ifalias ?? '';
}

async function tablesOf({ cloudId, stateDir }: Cloud): Promise<string[]> {
  const { nftables } = JSON.parse(await succeed('nft', ['-j', 'list', 'tables'])) as {
    nftables: { table?: { family: string; name: string } }[];
  };
  const guards = [
    guardTable(defaultIdBounds(stateDir, 'guests')),
    guardTable(defaultIdBounds(join(stateDir, 'volumes'), 'volumes')),
  ];
  return nftables
    .flatMap(({ table }) =>
      table && (table.name.includes(cloudId) || guards.includes(table.name)) ? [`${table.family} ${table.name}`] : [],
    )
    .sort();
}

/** Programs beside Kumo's own daemons that name this cloud in their command line, or run in one of its directories. */
function processesOf({ stateDir, cloudId }: Cloud): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const args = commandLine(pid);
    const program = args[0]?.split('/').at(-1) ?? '';
    if (!HELPERS.test(program)) continue;
    if (
      args.some((argument) => argument.includes(stateDir) || argument.includes(cloudId)) ||
      workDirectory(pid).startsWith(stateDir)
    ) {
      found.push(`${program} ${args.slice(1).join(' ').slice(0, 300)}`);
    }
  }
  return found.sort();
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // It ended while we looked.
    return [];
  }
}

/** Whether a process runs; one that has ended and was not asked for by its parent does not. */
export function isRunning(pid: number): boolean {
  return commandLine(String(pid)).join('') !== '';
}

function workDirectory(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // It ended while we looked.
    return '';
  }
}

function filesOf({ stateDir }: Cloud): string[] {
  return globSync('**', { cwd: stateDir, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(stateDir.length + 1))
    .filter((path) => !KEPT.some((pattern) => pattern.test(path)))
    .sort();
}

/** Process ids of the guests of a cloud, by server id: whoever was started from a server's directory. */
export function guestPids(stateDir: string): Map<string, number> {
  const files = globSync('nova/instances/*/run/qemu.pid', { cwd: stateDir });
  const alive = files.map((file) => [file.split('/')[2]!, Number(readFileSync(join(stateDir, file), 'utf8'))] as const);
  return new Map(alive.filter(([, pid]) => commandLine(String(pid))[0]?.includes('qemu-system')));
}

/** How many guests run for one server, however they were started. */
export function guestsOf(serverId: string): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    const args = commandLine(pid);
    return args[0]?.includes('qemu-system') && args.some((argument) => argument.includes(serverId));
  }).length;
}
