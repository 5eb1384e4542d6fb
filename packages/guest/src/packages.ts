/** Downloads packages with apt (no root, nothing installed) and unpacks them into one tree. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

const kernelPackages = ['linux-image-cloud-amd64', 'linux-image-virtual', 'linux-image-generic', 'linux-image-amd64'];

/** The versioned kernel package behind the distribution's smallest flavour, and its modules' package where that is separate. */
export async function findKernel(): Promise<{ version: string; packages: string[] }> {
  for (const flavour of kernelPackages) {
    if (!(await isKnown(flavour))) continue;
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
  let fresh = roots;
  while (fresh.length > 0) {
    const needed = await depends(...fresh);
    fresh = [...new Set(needed)].filter((name) => /^(lib|zlib1g$)/.test(name) && !found.has(name));
    for (const name of fresh) found.add(name);
  }
  return [...found];
}

/** Fetches what the cache lacks. Returns the .deb files' paths. */
export async function download(names: string[], directory: string, log: (line: string) => void): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  // Away from the cache, since apt leaves out what the current directory already holds.
  const uris = (await run('apt-get', ['download', '--print-uris', ...names], { cwd: '/' })).toString();
  const files = [...uris.matchAll(/^'[^']+' (\S+) \d+/gm)].map((match) => join(directory, match[1]!));
  if (files.length < names.length)
    throw new Error(`apt offers no download for some of: ${names.join(' ')}; run "apt-get update"`);
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0) log(`downloading ${missing.length} packages`);
  // apt checks the hashes of what is there and fetches the rest.
  await run('apt-get', ['download', ...names], { cwd: directory });
  return files;
}

export async function unpack(files: string[], target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const file of files) await run('dpkg-deb', ['-x', file, target]);
}

async function isKnown(name: string): Promise<boolean> {
  return (await run('apt-cache', ['pkgnames', name])).toString().split('\n').includes(name);
}

async function depends(...names: string[]): Promise<string[]> {
  const args = [
    'depends',
    '--no-recommends',
    '--no-suggests',
    '--no-conflicts',
    '--no-breaks',
    '--no-replaces',
    '--no-enhances',
  ];
  const text = (await run('apt-cache', [...args, ...names])).toString();
  return [...text.matchAll(/^ +(?:Pre)?Depends: ([^<\s:]+)/gm)].map((match) => match[1]!);
}
