import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { listen } from '@kumo/core/http';
import { onDatabases } from '../../core/src/testing/on-databases.ts';
import { noSmallDisk, smallDisk } from '../../core/src/testing/small-disk.ts';
import type { GlanceConfig } from '../src/config.ts';
import { type Answer, type Glance, type GlanceOptions, startGlance } from './harness.ts';

const MiB = 2 ** 20;
const bare = { disk_format: 'raw', container_format: 'bare' };

const ports = new WeakMap<Glance, string>();

async function startListening(options: GlanceOptions): Promise<Glance> {
  const glance = await startGlance(options);
  ports.set(glance, new URL(await listen(glance.daemon.app!, { host: '127.0.0.1', port: 0 })).port);
  return glance;
}

/** Announces no length: a chunked upload over a socket, whose sender sends on until it is answered. */
async function putStream(glance: Glance, id: string, sizeBytes: number): Promise<number> {
  const request = http.request({
    port: ports.get(glance),
    method: 'PUT',
    path: `/v2/images/${id}/file`,
    headers: { 'x-auth-token': 'member', 'content-type': 'application/octet-stream' },
    agent: false,
  });
  const answered = once(request, 'response');
  // After its answer the server may close the connection while data is on its way.
  request.on('error', () => {});
  let isAnswered = false;
  request.once('response', (response) => {
    isAnswered = true;
    response.resume();
  });
  for (let left = sizeBytes; left > 0 && !isAnswered; left -= 64 << 10) {
    if (!request.write(Buffer.alloc(Math.min(left, 64 << 10))))
      await Promise.race([once(request, 'drain'), answered]).catch(() => {});
  }
  request.end();
  const [response] = (await answered) as [http.IncomingMessage];
  return response.statusCode!;
}

const put = (glance: Glance, id: string, sizeBytes: number) =>
  glance.put(id, Buffer.alloc(sizeBytes), { headers: { 'content-length': String(sizeBytes) } });
const statusOf = async (glance: Glance, id: string) => (await glance.ask('GET', `/v2/images/${id}`)).json.status;
const images = (glance: Glance) => readdirSync(join(glance.env.stateDir, 'glance', 'images'));

async function refused(glance: Glance, answer: Answer | number, id: string): Promise<void> {
  assert.equal(typeof answer === 'number' ? answer : answer.status, 413);
  assert.equal(await statusOf(glance, id), 'queued');
}

describe("the image store's reserve", { skip: noSmallDisk }, () => {
  /** A tenth of 40 MiB stays free, as the bound of 1 GiB is more than that. */
  const reserve = 4 * MiB;
  const withGlance = async (
    body: (glance: Glance, disk: ReturnType<typeof smallDisk>) => Promise<void>,
    more: Partial<GlanceConfig> = {},
  ) => {
    using disk = smallDisk(40);
    const glance = await startListening({ config: { imageDir: join(disk.path, 'images'), ...more } });
    try {
      await body(glance, disk);
    } finally {
      await glance.stop();
    }
  };

  test('what does not fit is refused when it is announced, before any of it is stored', () =>
    withGlance(async (glance, disk) => {
      const before = disk.freeBytes();
      const { id } = await glance.create(bare);
      const answer = await put(glance, id, before - reserve + 1);
      await refused(glance, answer, id);
      assert.match(answer.text, /disk space/);
      assert.equal(disk.freeBytes(), before);
      assert.equal((await put(glance, id, before - reserve - MiB)).status, 204);
    }));

  test('and in mid-stream when it is not, with nothing left of it', () =>
    withGlance(async (glance, disk) => {
      const before = disk.freeBytes();
      const { id } = await glance.create(bare);
      await refused(glance, await putStream(glance, id, before + MiB), id);
      assert.equal(disk.freeBytes(), before);
      assert.equal(await putStream(glance, id, 20 * MiB), 204);
    }));

  test('many uploads at once do not eat it together', () =>
    withGlance(async (glance, disk) => {
      const created = await Promise.all(Array.from({ length: 12 }, () => glance.create(bare)));
      let lowest = disk.freeBytes();
      const watching = setInterval(() => {
        lowest = Math.min(lowest, disk.freeBytes());
      }, 1);
      const statuses = await Promise.all(created.map(({ id }, i) => putStream(glance, id, (i + 1) * MiB)));
      clearInterval(watching);
      assert.deepEqual([...new Set(statuses)].sort(), [204, 413]);
      assert.ok(lowest >= reserve, `${lowest} bytes were left`);
      for (const [i, { id }] of created.entries())
        assert.equal(await statusOf(glance, id), statuses[i] === 204 ? 'active' : 'queued');
      const kept = statuses.filter((status) => status === 204).length;
      assert.equal(readdirSync(join(disk.path, 'images')).length, kept);
    }));

  test('a disk that others fill: 413 as well, and on it goes when there is room', () =>
    withGlance(
      async (glance, disk) => {
        const { id } = await glance.create(bare);
        disk.fill(MiB);
        await refused(glance, await putStream(glance, id, 2 * MiB), id);
        assert.deepEqual(readdirSync(join(disk.path, 'images')), []);
        disk.free();
        assert.equal(await putStream(glance, id, 2 * MiB), 204);
      },
      { storeReservePercent: 0, storeReserveBytes: 0 },
    ));
});

onDatabases('userStorageQuotaBytes', ({ engine, url }) => {
  const directory = mkdtempSync(join(tmpdir(), 'kumo-quota-'));
  after(() => rmSync(directory, { recursive: true }));
  let count = 0;
  const withGlance = async (body: (glance: Glance) => Promise<void>, userStorageQuotaBytes = 3 * MiB) => {
    const name = `quota_${count++}`;
    const databaseUrl = () => (engine === 'sqlite' ? `sqlite:${join(directory, name)}.db` : url(name));
    const glance = await startListening({ config: { userStorageQuotaBytes }, databaseUrl });
    try {
      await body(glance);
    } finally {
      await glance.stop();
    }
  };

  test('bounds what the images of a project take, announced or not, and is given back by a deletion', () =>
    withGlance(async (glance) => {
      const [first, second] = [await glance.create(bare), await glance.create(bare)];
      await refused(glance, await put(glance, first.id, 3 * MiB + 1), first.id);
      assert.equal((await put(glance, first.id, 2 * MiB)).status, 204);
      const answer = await put(glance, second.id, MiB + 1);
      await refused(glance, answer, second.id);
      assert.match(answer.text, /quota: 1048576 bytes are left/);
      await refused(glance, await putStream(glance, second.id, MiB + 1), second.id);
      assert.equal(images(glance).length, 1);
      assert.equal(await putStream(glance, second.id, MiB), 204);
      const others = await glance.create(bare, 'other');
      assert.equal((await glance.put(others.id, Buffer.alloc(2 * MiB), { as: 'other' })).status, 204);
      assert.equal((await glance.ask('DELETE', `/v2/images/${first.id}`)).status, 204);
      const third = await glance.create(bare);
      assert.equal(await putStream(glance, third.id, 2 * MiB), 204);
    }));

  test('is kept by uploads that run at once', () =>
    withGlance(async (glance) => {
      const created = await Promise.all(Array.from({ length: 10 }, () => glance.create(bare)));
      const statuses = await Promise.all(created.map(({ id }) => putStream(glance, id, MiB - (64 << 10))));
      const kept = statuses.filter((status) => status === 204).length;
      assert.ok(kept <= 3, `${kept} were kept`);
      assert.deepEqual(new Set(statuses.filter((status) => status !== 204)), new Set([413]));
      assert.equal(images(glance).length, kept);
      // One after the other the rest fits as far as the quota goes.
      for (const { id } of created)
        if ((await statusOf(glance, id)) === 'queued') await putStream(glance, id, MiB - (64 << 10));
      assert.equal(images(glance).length, 3);
    }));

  test('is kept by uploads that run in two processes, when they end', () =>
    withGlance(async (glance) => {
      const other = await startListening({
        config: { userStorageQuotaBytes: 3 * MiB, imageDir: join(glance.env.stateDir, 'glance', 'images') },
        databaseUrl: () => glance.env.databaseUrl('glance'),
      });
      try {
        const created = await Promise.all(Array.from({ length: 4 }, () => glance.create(bare)));
        const statuses = await Promise.all(
          created.map(({ id }, i) => putStream(i % 2 === 0 ? glance : other, id, 1.2 * MiB)),
        );
        assert.equal(statuses.filter((status) => status === 204).length, 2, statuses.join());
        assert.equal(images(glance).length, 2);
      } finally {
        await other.stop();
      }
    }));

  test('-1: none', () =>
    withGlance(async (glance) => {
      const { id } = await glance.create(bare);
      assert.equal((await put(glance, id, 4 * MiB)).status, 204);
    }, -1));
});
