/**
 * Repacks a distribution's bzImage so that it boots in 64 MB.
 *
 * The stock image decompresses itself into `init_size` bytes above 16 MB (51 MB for Debian 12's cloud kernel), which ends beyond a 64 MB
 * guest's memory, and decompressing costs a second and more under emulation. So the build decompresses: the new bzImage keeps the
 * real-mode setup code and carries the kernel as one flat picture of memory, with a stub that moves it into place and enters it.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { decodeLz4Legacy } from './lz4.ts';
import { run } from './run.ts';

/** Offsets of the x86 boot protocol's setup header (Documentation/arch/x86/boot.rst). */
const header = {
  setupSects: 0x1f1,
  sysSize: 0x1f4,
  magic: 0x202,
  code32Start: 0x214,
  relocatable: 0x234,
  xloadflags: 0x236,
  payloadOffset: 0x248,
  payloadLength: 0x24c,
  prefAddress: 0x258,
  initSize: 0x260,
  handoverOffset: 0x264,
};

/** Where boot loaders put the protected-mode part of a kernel that is not relocatable. */
const loadAddress = 0x100000;
/** Stub, then three page-table pages, then the picture. */
const pictureOffset = 0x4000;

/*
 * The stub, at 0x100000, entered in 32-bit mode with boot_params in %esi. It turns on long mode over the page tables behind it (1 GB
 * identity), copies the picture upwards from its end (source and target overlap), and enters startup_64 with boot_params in %rsi.
 *
 *   00  mov %esi,%ebx; lgdt 0x100060; mov $0x101000,%eax; mov %eax,%cr3        60  GDT descriptor
 *       cr4 |= PAE; EFER |= LME; cr0 |= PG|PE; ljmp $0x10,$0x100080           100  GDT: null, null, 64-bit code, data
 *   80  ds = es = ss = 0x18; rsi,rdi,rcx = 0x100120,128,130                   120  last source qword, last target qword, count, entry
 *       std; rep movsq; cld; mov %ebx,%esi; jmp *0x100138
 */
const stubCode32 =
  '89f30f011560001000b8001010000f22d80f20e083c8200f22e0b9800000c00f320d000100000f300f20c00d010000800f22c0ea800010001000';
const stubCode64 = 'b8180000008ed88ec08ed0488b342520011000488b3c2528011000488b0c2530011000fdf348a5fc89deff242538011000';

interface Picture {
  bytes: Buffer;
  /** Physical address of the first byte. */
  base: number;
  /** Physical address behind everything that the running kernel occupies. */
  end: number;
  entry: number;
}

export async function repackKernel(bzImage: Buffer): Promise<{ image: Buffer; memoryEnd: number }> {
  if (bzImage.toString('latin1', header.magic, header.magic + 4) !== 'HdrS') {
    throw new Error('the kernel package holds no x86 bzImage; Kumo builds guests for amd64 only');
  }
  const setup = Buffer.from(bzImage.subarray(0, (bzImage[header.setupSects]! + 1) * 512));
  const payloadStart = setup.length + bzImage.readUInt32LE(header.payloadOffset);
  const payload = bzImage.subarray(payloadStart, payloadStart + bzImage.readUInt32LE(header.payloadLength));
  const picture = flatten(await decompress(payload));

  const body = Buffer.concat([makeStub(picture), picture.bytes]);
  setup.writeUInt32LE(Math.ceil(body.length / 16), header.sysSize);
  setup.writeUInt32LE(loadAddress, header.code32Start);
  setup.writeUInt8(0, header.relocatable);
  setup.writeUInt16LE(0, header.xloadflags);
  setup.writeUInt32LE(0, header.payloadOffset);
  setup.writeUInt32LE(0, header.payloadLength);
  setup.writeBigUInt64LE(BigInt(loadAddress), header.prefAddress);
  setup.writeUInt32LE(picture.end - loadAddress, header.initSize);
  setup.writeUInt32LE(0, header.handoverOffset);
  return { image: Buffer.concat([setup, body]), memoryEnd: picture.end };
}

async function decompress(payload: Buffer): Promise<Buffer> {
  const magic = payload.toString('hex', 0, 4);
  const size = payload.readUInt32LE(payload.length - 4); // the kernel's build appends it to every format
  if (magic === '02214c18') return decodeLz4Legacy(payload, size);
  if (magic === '28b52ffd') return zstdDecompressSync(payload.subarray(0, -4));
  if (magic.startsWith('1f8b')) return gunzipSync(payload);
  if (magic === 'fd377a58') return run('xz', ['-dc', '--single-stream'], { input: payload.subarray(0, -4) });
  throw new Error(
    `the kernel is compressed in a format this build does not know (magic ${magic}); extend src/kernel.ts`,
  );
}

/** Lays the ELF file's loadable segments out as they must stand in memory. */
function flatten(elf: Buffer): Picture {
  if (elf.toString('latin1', 1, 4) !== 'ELF' || elf[4] !== 2)
    throw new Error('the kernel payload is no 64-bit ELF file');
  const table = Number(elf.readBigUInt64LE(32));
  const segments = Array.from({ length: elf.readUInt16LE(56) }, (_, i) => table + i * elf.readUInt16LE(54))
    .filter((at) => elf.readUInt32LE(at) === 1)
    .map((at) => {
      const field = (offset: number) => Number(elf.readBigUInt64LE(at + offset));
      return { offset: field(8), address: field(24), fileSize: field(32) };
    });
  const base = Math.min(...segments.map((s) => s.address));
  const whole = Buffer.alloc(Math.max(...segments.map((s) => s.address + s.fileSize)) - base);
  for (const s of segments) elf.copy(whole, s.address - base, s.offset, s.offset + s.fileSize);

  // .bss, .brk and the SME scratch area close the last segment as zeros; the kernel clears its .bss itself.
  let used = whole.length;
  while (used > 0 && whole[used - 1] === 0) used--;
  const bytes = whole.subarray(0, Math.ceil(used / 4096) * 4096);
  return { bytes, base, end: base + whole.length, entry: Number(elf.readBigUInt64LE(24)) };
}

function makeStub(picture: Picture): Buffer {
  const stub = Buffer.alloc(pictureOffset);
  stub.write(stubCode32, 0, 'hex');
  stub.writeUInt16LE(0x1f, 0x60);
  stub.writeUInt32LE(loadAddress + 0x100, 0x62);
  stub.write(stubCode64, 0x80, 'hex');
  stub.writeBigUInt64LE(0x00af9a000000ffffn, 0x110);
  stub.writeBigUInt64LE(0x00cf92000000ffffn, 0x118);
  const size = picture.bytes.length;
  const words = [loadAddress + pictureOffset + size - 8, picture.base + size - 8, size / 8, picture.entry];
  for (const [i, word] of words.entries()) stub.writeBigUInt64LE(BigInt(word), 0x120 + i * 8);

  const present = 0x3;
  const hugePage = 0x80;
  stub.writeBigUInt64LE(BigInt(loadAddress + 0x2000 + present), 0x1000);
  stub.writeBigUInt64LE(BigInt(loadAddress + 0x3000 + present), 0x2000);
  for (let i = 0; i < 512; i++) stub.writeBigUInt64LE(BigInt(i * 0x200000 + hugePage + present), 0x3000 + i * 8);
  return stub;
}
