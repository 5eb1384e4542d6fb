import assert from 'node:assert/strict';
import { chmod, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { withThrowAwayIds } from '../confine/index.ts';
import { run } from '../exec/index.ts';
import { collectGarbage } from '../testing/open-files.ts';
import {
  assertDeclared,
  FormatInspector,
  imageFormatMismatch,
  imageUnsafe,
  imageVirtualSizeTooLarge,
  inspectFile,
  inspectStream,
  type QemuImgOptions,
  qemuImg,
} from './index.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kumo-imageformat-'));
  await chmod(directory, 0o711);
});
after(() => rm(directory, { recursive: true, force: true }));

const file = (name: string) => join(directory, name);

async function made(name: string, format: string, size: string, ...options: string[]): Promise<string> {
  await run('qemu-img', ['create', '-q', '-f', format, ...options, file(name), size]);
  return file(name);
}

function streamed(bytes: Uint8Array, chunkBytes = 4096) {
  const inspector = new FormatInspector();
  for (let at = 0; at < bytes.length; at += chunkBytes) inspector.feed(bytes.subarray(at, at + chunkBytes));
  return inspector.finish();
}

/** Both ways of looking give one answer. */
async function inspect(path: string) {
  const verdict = await inspectFile(path);
  const bytes = await readFile(path);
  assert.deepEqual(streamed(bytes), verdict);
  assert.deepEqual(streamed(bytes, 100_003), verdict);
  return verdict;
}

async function patched(name: string, source: string, offset: number, bytes: Buffer): Promise<string> {
  const copy = await readFile(source);
  bytes.copy(copy, offset);
  await writeFile(file(name), copy);
  return file(name);
}

describe('what QEMU makes is recognised, with its virtual size', () => {
  const cases: [string, string, string[]][] = [
    ['qcow2', 'qcow2', []],
    ['qcow2', 'qcow2', ['-o', 'compat=0.10']],
    ['qcow2', 'qcow2', ['-o', 'extended_l2=on,cluster_size=128k,preallocation=metadata']],
    ['qcow2', 'qcow2', ['-o', 'cluster_size=512']],
    ['vmdk', 'vmdk', []],
    ['vmdk', 'vmdk', ['-o', 'subformat=streamOptimized']],
    ['vpc', 'vhd', ['-o', 'force_size=on']],
    ['vpc', 'vhd', ['-o', 'subformat=fixed,force_size=on']],
    ['vhdx', 'vhdx', []],
    ['vdi', 'vdi', []],
    ['vdi', 'vdi', ['-o', 'static=on']],
    ['raw', 'raw', []],
  ];
  for (const [index, [qemuFormat, format, options]] of cases.entries()) {
    test(`${qemuFormat} ${options.join(' ')}`, async () => {
      const verdict = await inspect(await made(`made-${index}`, qemuFormat, '10M', ...options));
      assert.deepEqual([verdict.format, verdict.virtualSizeBytes, verdict.problems], [format, 10 << 20, []]);
      assertDeclared(verdict, format);
    });
  }
  test('a converted streamOptimized VMDK keeps its footer', async () => {
    await run('qemu-img', [
      'convert',
      '-f',
      'raw',
      '-O',
      'vmdk',
      '-o',
      'subformat=streamOptimized',
      '/bin/true',
      file('so.vmdk'),
    ]);
    assert.deepEqual((await inspect(file('so.vmdk'))).problems, []);
  });
  test('LUKS', () => {
    const verdict = streamed(Buffer.concat([Buffer.from('LUKS\xba\xbe\0\x02', 'latin1'), Buffer.alloc(8192)]));
    assert.equal(verdict.format, 'luks');
    assertDeclared(verdict, 'raw');
    assert.throws(() => assertDeclared(verdict, 'qcow2'), imageFormatMismatch.is);
  });
});

test('partition tables count as raw disks, and FAT boot sectors as no table', async () => {
  const mbr = Buffer.alloc(1 << 20);
  mbr.writeUInt16LE(0xaa55, 510);
  mbr[446] = 0x80;
  mbr[450] = 0x83;
  mbr.writeUInt32LE(2048, 454);
  mbr.writeUInt32LE(100, 458);
  const table = streamed(mbr);
  assert.deepEqual([table.format, table.declarable], ['gpt', ['raw', 'ami', 'aki', 'ari', 'gpt']]);
  mbr[462] = 0x55;
  assert.equal(streamed(mbr).format, 'raw');
  const gpt = Buffer.alloc(8192);
  gpt.write('EFI PART', 512);
  assert.equal(streamed(gpt).format, 'gpt');
});

test('an ISO is an ISO, also when it can be booted from a stick, and not raw', () => {
  const iso = Buffer.alloc(64 << 10);
  iso.write('CD001', 0x8001);
  assert.throws(() => assertDeclared(streamed(iso), 'raw'), imageFormatMismatch.is);
  assertDeclared(streamed(iso), 'iso');
  iso.write('EFI PART', 512);
  assertDeclared(streamed(iso), 'gpt');
});

test('OSSA-2024-001: a qcow2 with an external data file is refused', async () => {
  const path = await made('data-file', 'qcow2', '1M', '-o', `data_file=${file('data.raw')},data_file_raw=on`);
  const verdict = await inspect(path);
  assert.deepEqual(verdict.problems, ['has an external data file', 'names an external data file']);
  assert.throws(() => assertDeclared(verdict, 'qcow2'), imageUnsafe.is);
  const hidden = await patched('data-file-hidden', path, 72, Buffer.alloc(8));
  assert.deepEqual((await inspect(hidden)).problems, ['names an external data file']);
});

test('OSSA-2015-014: a qcow2 with a backing file is refused', async () => {
  await made('base', 'raw', '1M');
  const verdict = await inspect(await made('overlay', 'qcow2', '1M', '-F', 'raw', '-b', file('base')));
  assert.deepEqual(verdict.problems, ['has a backing file', 'names the format of a backing file']);
  assert.throws(() => assertDeclared(verdict, 'qcow2'), imageUnsafe.is);
});

test('OSSA-2024-002: containers declared raw are refused', async () => {
  for (const [format, options] of [
    ['qcow2', []],
    ['vmdk', []],
    ['vpc', []],
    ['vhdx', []],
    ['vdi', []],
    ['qed', []],
    ['parallels', []],
  ] as const) {
    const verdict = await inspect(await made(`as-raw-${format}`, format, '1M', ...options));
    for (const declared of ['raw', 'ami', 'aki', 'ari', 'iso']) {
      assert.throws(() => assertDeclared(verdict, declared), imageFormatMismatch.is, `${format} as ${declared}`);
    }
  }
  const raw = streamed(Buffer.alloc(1 << 20));
  for (const declared of ['qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso', 'gpt', 'luks', 'nonsense']) {
    assert.throws(() => assertDeclared(raw, declared), imageFormatMismatch.is);
  }
});

test('OSSA-2023-002: VMDKs that name other files are refused', async () => {
  for (const subformat of ['monolithicFlat', 'twoGbMaxExtentSparse', 'twoGbMaxExtentFlat']) {
    const verdict = await inspect(await made(`${subformat}.vmdk`, 'vmdk', '1M', '-o', `subformat=${subformat}`));
    assert.equal(verdict.format, 'vmdk');
    assert.throws(() => assertDeclared(verdict, 'vmdk'), imageUnsafe.is);
  }
  const sparse = await made('sparse.vmdk', 'vmdk', '1M');
  const text = (await readFile(sparse)).subarray(0x200, 0x5200).toString('latin1');
  const forged: [string, RegExp | string, string][] = [
    ['flat', /SPARSE "[^"]*"/, 'FLAT "/etc/passwd" 0'],
    ['path', /SPARSE "[^"]*"/, 'SPARSE "/etc/passwd"'],
    ['type', 'monolithicSparse', 'monolithicFlat'],
    ['custom', 'monolithicSparse', 'custom'],
    ['parent', 'parentCID=ffffffff', 'parentCID=12345678\nparentFileNameHint="/etc/shadow"'],
    ['two', /RW (\d+) SPARSE "[^"]*"/, 'RW $1 SPARSE "a"\nRW $1 FLAT "/etc/passwd" 0'],
  ];
  for (const [name, from, to] of forged) {
    const descriptor = Buffer.from(text.replace(from, to).slice(0, text.length), 'latin1');
    const verdict = await inspect(await patched(`forged-${name}.vmdk`, sparse, 0x200, descriptor));
    assert.notDeepEqual(verdict.problems, [], name);
  }
  const noCapacity = await inspect(await patched('no-capacity.vmdk', sparse, 12, Buffer.alloc(8)));
  assert.ok(noCapacity.problems.includes('has no capacity of its own'));
  const bare = Buffer.from('# anything\n\nversion=1\ncreateType="monolithicFlat"\nRW 1 FLAT "/etc/passwd" 0\n');
  assert.equal(streamed(bare).format, 'vmdk');
  assert.throws(() => assertDeclared(streamed(bare), 'raw'), imageFormatMismatch.is);
});

test('OSSA-2013-012: the virtual size is bounded by what the caller allows', async () => {
  const verdict = await inspect(await made('huge.qcow2', 'qcow2', '100G'));
  assertDeclared(verdict, 'qcow2');
  assert.throws(
    () => assertDeclared(verdict, 'qcow2', { maxVirtualSizeBytes: 10 * 2 ** 30 }),
    imageVirtualSizeTooLarge.is,
  );
});

test('OSSA-2016-012: qcow2 headers with absurd tables are refused, and qemu-img runs under limits', async () => {
  const plain = await made('plain.qcow2', 'qcow2', '1M');
  const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer).swap32();
  const u64 = (value: bigint) => Buffer.from(BigUint64Array.of(value).buffer).swap64();
  const absurd: [string, number, Buffer, RegExp][] = [
    ['clusters', 20, u32(63), /cluster size/],
    ['size', 24, u64(1n << 62n), /L1 table too small/],
    ['crypt', 32, u32(1), /encrypted/],
    ['l1 size', 36, u32(0x7fffffff), /oversized L1.*L1 table beyond/],
    ['l1 offset', 40, u64(1n << 50n), /L1 table beyond its end/],
    ['refcounts', 56, u32(0xffffffff), /oversized refcount/],
    ['snapshots', 60, u32(0xffffffff), /4294967295 snapshots/],
    ['features', 72, u64(1n << 40n), /unknown incompatible/],
    ['corrupt', 72, u64(2n), /corrupt/],
    ['header length', 100, u32(0x10000000), /header length/],
    ['version', 4, u32(1), /version 1/],
  ];
  for (const [name, offset, bytes, why] of absurd) {
    const verdict = await inspect(await patched('absurd.qcow2', plain, offset, bytes));
    assert.match(verdict.problems.join(', '), why, name);
  }
  const toRaw = ['-f', 'qcow2', '-O', 'raw'];
  await assert.rejects(convert(toRaw, plain, file('out'), { memoryBytes: 1 << 20 }));
  await convert(toRaw, plain, file('out'));
});

test('the limit of memory is wide enough for the threads that decompress an image', async () => {
  await writeFile(file('text.raw'), Buffer.alloc(64 << 20, 'some data '));
  await convert(['-c', '-f', 'raw', '-O', 'qcow2'], file('text.raw'), file('text.qcow2'));
  for (let count = 0; count < 5; count++)
    await convert(['-f', 'qcow2', '-O', 'raw'], file('text.qcow2'), file('out'), { memoryBytes: 320 << 20 });
});

test('qemu-img is never root, reaches only the files that it is given, and these are given back', {
  skip: process.getuid?.() === 0 ? false : 'needs root',
}, async () => {
  const [mine, secret] = [file('mine.raw'), file('secret.raw')];
  await writeFile(mine, Buffer.alloc(1 << 20, 'mine'), { mode: 0o600 });
  await writeFile(secret, Buffer.alloc(1 << 20, 'secret'), { mode: 0o600 });
  assert.throws(() => qemuImg(['info', '-f', 'raw', mine], { as: undefined }), /not run as root/);
  await assert.rejects(
    withThrowAwayIds([mine], (as) => qemuImg(['info', '-f', 'raw', secret], { as })),
    /Permission denied/,
  );
  await convert(['-f', 'raw', '-O', 'raw'], mine, file('out'));
  const { uid, gid, mode } = await stat(mine);
  assert.deepEqual([uid, gid, mode & 0o777], [0, 0, 0o600]);
});

async function convert(how: string[], from: string, to: string, limits: Partial<QemuImgOptions> = {}): Promise<void> {
  await writeFile(to, '');
  await withThrowAwayIds([from, to], async (as) => {
    await qemuImg(['convert', ...how, from, to], { ...limits, as });
  });
}

test('differencing VHD, VDI and VHDX are refused', async () => {
  const vhd = await made('diff.vhd', 'vpc', '1M');
  const four = Buffer.from([0, 0, 0, 4]);
  assert.deepEqual((await inspect(await patched('diff2.vhd', vhd, 60, four))).problems, ['has a parent']);
  const vdi = await made('diff.vdi', 'vdi', '1M');
  assert.deepEqual((await inspect(await patched('diff2.vdi', vdi, 0x4c, Buffer.from([4])))).problems, [
    'is not a self-contained VDI',
  ]);
  const vhdx = await readFile(await made('diff.vhdx', 'vhdx', '1M'));
  const parameters = vhdx.indexOf(Buffer.from('3767a1ca36fa434db3b633f0aa44e76b', 'hex'));
  const metadata = vhdx.indexOf('metadata');
  vhdx[metadata + vhdx.readUInt32LE(parameters + 16) + 4] = 2;
  assert.deepEqual(streamed(vhdx).problems, ['has a parent']);
});

test('two formats in one file are refused', async () => {
  const bytes = Buffer.concat([await readFile(await made('both.qcow2', 'qcow2', '1M')), Buffer.alloc(64 << 10)]);
  bytes.write('CD001', 0x8001);
  for (const declared of ['qcow2', 'iso', 'raw']) assert.throws(() => assertDeclared(streamed(bytes), declared));
});

test('cut off, flipped and random images never throw', async () => {
  const names = ['plain.qcow2', 'sparse.vmdk', 'diff.vhd', 'diff.vdi', 'diff.vhdx', 'made-5'];
  let seed = 42;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % below;
  };
  for (const name of names) {
    const bytes = (await readFile(file(name))).subarray(0, 400 << 10);
    for (const length of [0, 1, 3, 4, 5, 31, 63, 71, 72, 103, 104, 511, 512, 513, 1000, 70_000])
      streamed(bytes.subarray(0, length));
    for (let round = 0; round < 60; round += 1) {
      const copy = Buffer.from(bytes);
      for (let flips = 0; flips < 20; flips += 1) copy[random(round % 2 ? 600 : copy.length)] = random(256);
      const verdict = streamed(copy, 65_536);
      assert.ok(verdict.virtualSizeBytes >= 0 && Array.isArray(verdict.problems));
    }
  }
  const magics = [
    'QFI\xfb\0\0\0\x03',
    'KDMV',
    'conectix',
    'vhdxfile',
    'LUKS\xba\xbe',
    'QED\0',
    '# Disk DescriptorFile\n',
  ];
  for (const magic of magics) {
    for (let round = 0; round < 20; round += 1) {
      const bytes = Buffer.from(Array.from({ length: 2000 }, () => random(256)));
      bytes.write(magic, 0, 'latin1');
      assert.notEqual(streamed(bytes, 1 + random(700)).format, 'raw');
    }
  }
});

test('memory stays bounded, whatever the image claims', async () => {
  const chunk = Buffer.alloc(64 << 10);
  const header = Buffer.alloc(64 << 10);
  header.write('KDMV');
  header.writeBigUInt64LE(1n << 20n, 28);
  header.writeBigUInt64LE(0xffff_ffffn, 36);
  const inspector = new FormatInspector();
  inspector.feed(header);
  await collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let fed = 0; fed < 2 * 2 ** 30; fed += chunk.length) {
    inspector.feed(chunk);
    if (fed % (256 << 20) !== 0) continue;
    // What nobody holds any more is not what is looked for here.
    await collectGarbage();
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.ok(most < 16 << 20, `${most} bytes are held`);
  assert.deepEqual(inspector.finish().problems.slice(0, 1), ['has an oversized VMDK descriptor']);
});

test('inspectStream passes the bytes on, and refuses a mismatch long before the end', async () => {
  const path = await made('pass.qcow2', 'qcow2', '1M');
  const bytes = await readFile(path);
  async function* chunks() {
    yield bytes;
    for (let sent = 0; sent < 100 << 20; sent += 1 << 20) yield Buffer.alloc(1 << 20);
  }
  let passed = 0;
  const refused = async () => {
    for await (const chunk of inspectStream(chunks(), new FormatInspector(), { declared: 'raw' }))
      passed += chunk.length;
  };
  await assert.rejects(refused, imageFormatMismatch.is);
  assert.ok(passed < 2 << 20, `${passed} bytes passed`);

  const got: Uint8Array[] = [];
  const inspector = new FormatInspector();
  await using handle = await open(path);
  for await (const chunk of inspectStream(handle.createReadStream({ highWaterMark: 1000 }), inspector, {
    declared: 'qcow2',
  }))
    got.push(chunk);
  assert.ok(Buffer.concat(got).equals(bytes));
  assert.equal(inspector.finish().virtualSizeBytes, 1 << 20);
});
