/** Downloads packages with apt (no root, nothing installed) and unpacks them into one tree. */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

const kernelPackages = ['linux-image-cloud-amd64', 'linux-image-virtual', 'linux-image-generic', 'linux-image-amd64'];

/** The versioned kernel package behind the distribution's smallest flavour, and its modules' package where that is separate. */
export async function findKernel(): Promise<{ version: string; packages: string[] }> {
  for (const flavour of kernelPackages) {
    const image = (await depends(flavour)).find((name) => /^linux-image-(unsigned-)?\d/.test(name));
    if (!image) continue;
    const version = image.replace(/^linux-image-(unsigned-)?/, '');
    const modules = `linux-modules-${version}`;
    return { version, packages: (await isKnown(modules)) ? [image, modules] : [image] };
  }
  throw new Error(`apt knows none of ${kernelPackages.join(', ')}; run "apt-get update" (as root) and try again`);
}

/** The packages themselves and every library package that they need. */
export async function withLibraries(roots: string[]): Promise<string[]> {
  const found = new Set(roots);
  for (const name of found) {
    for (const needed of await depends(name)) if (needed.startsWith('lib')) found.add(needed);
  }
  return [...found];
}

/** Fetches what the cache lacks. Returns the .deb files' paths. */
export async function download(names: string[], directory: string, log: (line: string) => void): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const uris = (await run('apt-get', ['download', '--print-uris', ...names], { cwd: directory })).toString();
  const files = [...uris.matchAll(/^'[^']+' (\S+) (\d+)/gm)].map(([, file, size]) => ({ file: file!, size: Number(size) }));
  if (files.length < names.length) throw new Error(`apt offers no download for some of: ${names.join(' ')}; run "apt-get update"`);
  const missing: string[] = [];
  for (const { file, size } of files) {
    const cached = await stat(join(directory, file)).catch(() => undefined);
    if (cached?.size !== size) missing.push(file.split('_')[0]!);
  }
  if (missing.length > 0) {
    log(`downloading ${missing.length} packages`);
    await run('apt-get', ['download', ...missing], { cwd: directory });
  }
  return files.map(({ file }) => join(directory, file));
}

export async function unpack(files: string[], target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const file of files) await run('dpkg-deb', ['-x', file, target]);
}

async function isKnown(name: string): Promise<boolean> {
  return (await run('apt-cache', ['pkgnames', name])).toString().split('\n').includes(name);
}

async function depends(name: string): Promise<string[]> {
  if (!(await isKnown(name))) return [];
  const args = ['depends', '--no-recommends', '--no-suggests', '--no-conflicts', '--no-breaks', '--no-replaces', '--no-enhances'];
  const text = (await run('apt-cache', [...args, name])).toString();
  return [...text.matchAll(/^ +(?:Pre)?Depends: ([^<\s:]+)/gm)].map((match) => match[1]!);
}
