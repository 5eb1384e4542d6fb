/** Picks kernel modules with what they depend on, unsigned and uncompressed so that loading them is quick under emulation. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { run } from './run.ts';

export interface Module {
  name: string;
  /** Path below /lib/modules/<version>. */
  path: string;
  depends: string[];
  data: Buffer;
}

/** In load order. A module that the kernel has built in is left out; one that it has nowhere is an error unless optional. */
export async function pickModules(directory: string, wanted: string[], optional: string[]): Promise<Module[]> {
  const files = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true })) {
    if (/\.ko(\.xz|\.zst)?$/.test(entry)) files.set(moduleName(entry), entry);
  }
  const builtin = (await readFile(join(directory, 'modules.builtin'), 'utf8')).split('\n').map(moduleName);

  const picked = new Map<string, Module>();
  const pick = async (name: string) => {
    if (picked.has(name) || builtin.includes(name)) return;
    const file = files.get(name);
    if (!file) {
      if (optional.includes(name)) return;
      throw new Error(
        `this kernel has no module ${name}; take another kernel package (src/packages.ts) or make it optional`,
      );
    }
    const data = withoutSignature(await readModule(join(directory, file)));
    const depends = (/\0depends=([^\0]*)\0/.exec(data.toString('latin1'))?.[1] ?? '')
      .split(',')
      .filter(Boolean)
      .map(moduleName);
    for (const dependency of depends) await pick(dependency);
    picked.set(name, { name, path: file.replace(/\.ko.*$/, '.ko'), depends, data });
  };
  for (const name of [...wanted, ...optional]) await pick(name);
  return [...picked.values()];
}

/** The text of modules.dep: each module's path with all that must be loaded before it, nearest first. */
export function modulesDep(modules: Module[]): string {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const closure = (module: Module): Module[] =>
    module.depends.flatMap((name) => {
      const needed = byName.get(name);
      return needed ? [needed, ...closure(needed)] : [];
    });
  return modules
    .map((module) => `${module.path}: ${[...new Set(closure(module))].map((m) => m.path).join(' ')}\n`)
    .join('');
}

function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko.*$/, '')
    .replaceAll('-', '_');
}

async function readModule(path: string): Promise<Buffer> {
  if (path.endsWith('.xz')) return run('xz', ['-dc', path]);
  const data = await readFile(path);
  return path.endsWith('.zst') ? zstdDecompressSync(data) : data;
}

/** Checking an RSA signature takes an emulated CPU long; an unsigned module only taints the kernel. */
function withoutSignature(data: Buffer): Buffer {
  const marker = '~Module signature appended~\n';
  const end = data.length - marker.length;
  if (data.toString('latin1', end) !== marker) return data;
  return data.subarray(0, end - 12 - data.readUInt32BE(end - 4));
}
