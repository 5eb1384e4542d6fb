import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';
import { type QmpClient, QmpError } from '@kumo/core/qmp';

/** The names inside a storage daemon: its node for the volume, its export, and a copy under way. */
export const volumeNode = 'volume';
export const exportId = 'volume';
const copyTarget = 'copy-target';
const copyJob = 'copy';

interface Job {
  id: string;
  status: string;
  error?: string;
}

/** A raw file as a block node. The format is always given: nothing that a guest writes is taken for another one. */
export function rawFileNode(nodeName: string, filename: string): Record<string, unknown> {
  const file = { driver: 'file', filename, discard: 'unmap' };
  return { driver: 'raw', 'node-name': nodeName, discard: 'unmap', 'detect-zeroes': 'unmap', file };
}

export function nbdExport(exportName: string): Record<string, unknown> {
  return { type: 'nbd', id: exportId, 'node-name': volumeNode, name: exportName, writable: true };
}

export async function ensureExported(client: QmpClient, exportName: string): Promise<void> {
  const exports = await client.execute<{ id: string }[]>('query-block-exports');
  if (!exports.some(({ id }) => id === exportId)) await client.execute('block-export-add', nbdExport(exportName));
}

/**
 * Grows the volume's node. QEMU refuses that while it is exported, and an export keeps the size it began with, so it
 * is taken away and made anew; clients reconnect.
 */
export async function resizeExported(client: QmpClient, exportName: string, sizeBytes: number): Promise<void> {
  const exported = async () =>
    (await client.execute<{ id: string }[]>('query-block-exports')).some(({ id }) => id === exportId);
  try {
    if (await exported()) await client.execute('block-export-del', { id: exportId, mode: 'hard' });
    const deadline = Date.now() + 10_000;
    while (await exported()) {
      if (Date.now() > deadline) throw new DriverError("The volume's export does not end.", { retryable: true });
      await sleep(5);
    }
    await client.execute('block_resize', { 'node-name': volumeNode, size: sizeBytes });
  } finally {
    await ensureExported(client, exportName);
  }
}

/**
 * Copies the volume to an empty file while clients go on writing, which they do to both as soon as a block has been
 * copied. When all has been, the file holds the volume of that moment and is let go. (A mirror rather than a backup:
 * QEMU's backup allocates space for zeros.)
 */
export async function copyExported(
  client: QmpClient,
  to: string,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<void> {
  await abandonCopy(client);
  await client.execute('blockdev-add', rawFileNode(copyTarget, to));
  try {
    await client.execute('block_resize', { 'node-name': copyTarget, size: sizeBytes });
    const job = {
      'job-id': copyJob,
      device: volumeNode,
      target: copyTarget,
      sync: 'full',
      'copy-mode': 'write-blocking',
    };
    await client.execute('blockdev-mirror', { ...job, 'auto-dismiss': false });
    const { status } = await reached(client, ['ready', 'concluded'], signal);
    // Ready, and cancelled without force, it ends well; concluded before, it has failed.
    if (status === 'ready') await client.execute('block-job-cancel', { device: copyJob });
    const { error } = await reached(client, ['concluded']);
    if (error) throw new DriverError(`Copying the volume failed: ${error}`);
  } finally {
    await abandonCopy(client);
  }
}

async function reached(client: QmpClient, statuses: string[], signal?: AbortSignal): Promise<Job> {
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, 250)) {
    const job = (await client.execute<Job[]>('query-jobs')).find(({ id }) => id === copyJob);
    if (!job) throw new DriverError('Copying the volume failed: its job is gone.', { retryable: true });
    if (statuses.includes(job.status)) return job;
    await sleep(waitMs, undefined, { signal });
  }
}

/** Ends a copy, one of a killed process too, and lets go of its file. */
async function abandonCopy(client: QmpClient): Promise<void> {
  const jobs = await client.execute<Job[]>('query-jobs');
  const job = jobs.find(({ id }) => id === copyJob);
  if (job) {
    if (job.status !== 'concluded') await client.execute('block-job-cancel', { device: copyJob, force: true });
    await reached(client, ['concluded']);
    await client.execute('job-dismiss', { id: copyJob });
  }
  try {
    await client.execute('blockdev-del', { 'node-name': copyTarget });
  } catch (error) {
    const nodes = await client.execute<{ 'node-name': string }[]>('query-named-block-nodes', { flat: true });
    if (!(error instanceof QmpError) || nodes.some((node) => node['node-name'] === copyTarget)) throw error;
  }
}
