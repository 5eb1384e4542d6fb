/** Writes a "newc" cpio archive, the initramfs format. */
export interface CpioEntry {
  path: string;
  /** Type and permissions, as in st_mode. */
  mode: number;
  data?: Buffer;
}

export function cpio(entries: CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  const all = [...entries, { path: 'TRAILER!!!', mode: 0 }];
  for (const [inode, { path, mode, data = Buffer.alloc(0) }] of all.entries()) {
    const name = Buffer.from(`${path}\0`);
    const fields = [inode + 1, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
    const head = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
    parts.push(padded(Buffer.concat([head, name])), padded(data));
  }
  return Buffer.concat(parts);
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
}
