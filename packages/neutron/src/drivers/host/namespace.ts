import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@kumo/core/exec';
import type { MarkKind } from './marks.ts';
import { assertOurs, isUp, type NetHost, namespaceExists } from './net-host.ts';

/** A namespace that is being made or removed is entered again this often. */
const LOOKS = 20;
const LOOK_AGAIN_MS = 50;

/**
 * Makes a namespace with `lo` up and marked, or finds it again.
 * @returns whether it was made just now (so that settings that last as long as the namespace need writing).
 * @throws DriverError when a namespace of this name belongs to another cloud.
 */
export async function ensureNamespace(host: NetHost, name: string, kind: MarkKind, id: string): Promise<boolean> {
  const alias = host.marks.alias(kind, id);
  const made = !namespaceExists(name);
  if (made) await run('ip', ['netns', 'add', name]);
  const [lo] = await host.ipJson<Parameters<typeof assertOurs>[0]>(['link', 'show', 'dev', 'lo'], name);
  if (lo) assertOurs(lo, alias);
  if (lo?.ifalias === undefined || !isUp(lo))
    await host.ipBatch([`link set dev lo alias ${alias}`, 'link set dev lo up'], name);
  return made;
}

/** Removes a namespace and with it every interface in it. Absent is fine. */
export async function removeNamespace(name: string): Promise<void> {
  if (namespaceExists(name)) await run('ip', ['netns', 'delete', name]);
}

/** The namespaces that bear this cloud's mark, with what they are for. */
export async function ownNamespaces(host: NetHost): Promise<{ name: string; kind: MarkKind; id: string }[]> {
  const names = (await host.ipJson<{ name: string }>(['netns', 'list'], undefined)).map((row) => row.name);
  const candidates = names.filter((name) => /^q(dhcp|router)-/.test(name));
  const found = [];
  for (const name of candidates) {
    const lo = await loopback(host, name);
    const mark = host.marks.read(lo?.ifalias);
    if (mark) found.push({ name, ...mark });
  }
  return found;
}

/**
 * Undefined for a namespace that went while it was looked at: another agent removes its own meanwhile. For a moment, while
 * `ip` makes or removes one, its file is there and cannot be entered.
 *
 * @throws DriverError for one that cannot be entered for longer.
 */
async function loopback(host: NetHost, name: string): Promise<{ ifalias?: string } | undefined> {
  for (let look = 1; ; look++) {
    try {
      return (await host.ipJson<{ ifalias?: string }>(['link', 'show', 'dev', 'lo'], name))[0];
    } catch (error) {
      if (!namespaceExists(name)) return undefined;
      if (look === LOOKS) throw error;
    }
    await sleep(LOOK_AGAIN_MS);
  }
}
