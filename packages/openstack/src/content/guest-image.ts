import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImage } from '@kumo/guest';
import type { Progress } from '../cli/progress.ts';
import { lackingPackages } from '../system/dpkg.ts';
import { installPackages, packageList } from '../system/packages.ts';

const GUEST = fileURLToPath(new URL('../../../guest/', import.meta.url));

/**
 * The small test guest's disk image: `KUMO_GUEST_IMAGE`, or the one in this user's cache, built there when the sources of
 * `packages/guest` are other than those of the last build.
 */
export async function guestImage(progress: Progress): Promise<string> {
  if (process.env.KUMO_GUEST_IMAGE) return process.env.KUMO_GUEST_IMAGE;
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kumo', 'guest');
  const file = join(cache, `kumo-guest-${sourcesDigest()}.qcow2`);
  if (existsSync(file)) return file;
  installPackages(lackingPackages(packageList(join(GUEST, 'packages.txt'))), progress.say);
  mkdirSync(cache, { recursive: true });
  const unfinished = join(cache, `unfinished-${process.pid}.qcow2`);
  await progress.during('building the test guest image (once)', () =>
    buildImage({ output: unfinished, cache, log: () => {} }),
  );
  renameSync(unfinished, file);
  return file;
}

function sourcesDigest(): string {
  const digest = createHash('sha256');
  for (const name of globSync('{src,rootfs,initramfs}/**/*', { cwd: GUEST, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()) {
    digest.update(name.slice(GUEST.length)).update(readFileSync(name));
  }
  return digest.digest('hex').slice(0, 16);
}
