import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DriverError } from '@kumo/core/errors';
import { run } from '@kumo/core/exec';

/** OpenStack's limit for what a user may add is far below; this one only keeps a bug from filling the disk. */
const MAX_BYTES = 64 << 20;

/**
 * Writes the config drive: an ISO 9660 image labelled `config-2` with Rock Ridge and Joliet names, as cloud-init and
 * others look for it. The content (it may hold passwords) only passes through a directory that nobody else can enter,
 * beside the target, and the image has mode 0600. An existing target is replaced in one step.
 *
 * @param files path inside the drive, e.g. `openstack/latest/meta_data.json` → content.
 * @throws DriverError for a path that leaves the drive, too much content, or genisoimage's own complaint.
 */
export async function buildConfigDrive(
  target: string,
  files: Readonly<Record<string, string>>,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  checkFiles(files);
  const work = await mkdtemp(join(dirname(target), '.config-drive-'));
  try {
    const root = join(work, 'root');
    await mkdir(root);
    for (const [path, content] of Object.entries(files)) {
      const file = join(root, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, { mode: 0o600 });
    }
    const image = join(work, 'image');
    await writeFile(image, '', { mode: 0o600 });
    // -allow-lowercase, -l and -allow-multidot keep plain ISO names close to the real ones for guests without extensions.
    const args = [
      '-quiet',
      '-o',
      image,
      '-V',
      'config-2',
      '-R',
      '-J',
      '-l',
      '-allow-lowercase',
      '-allow-multidot',
      '-input-charset',
      'utf-8',
    ];
    await run('genisoimage', [...args, root], { signal: options.signal, from: 'nova-compute' });
    await chmod(image, 0o600);
    await rename(image, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function checkFiles(files: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [path, content] of Object.entries(files)) {
    const parts = path.split('/');
    const bad = parts.some(
      (part) => part === '' || part === '.' || part === '..' || part.length > 64 || /[^\x20-\x7e]|\\/.test(part),
    );
    if (bad) throw new DriverError(`not a path for a config drive: ${JSON.stringify(path)}`);
    bytes += Buffer.byteLength(content);
  }
  if (bytes > MAX_BYTES)
    throw new DriverError(`the config drive would hold ${bytes} bytes; at most ${MAX_BYTES} are possible`);
}
