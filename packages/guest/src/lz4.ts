/** Decodes an LZ4 *legacy* stream (what CONFIG_KERNEL_LZ4 puts into bzImage); Node has no LZ4 of its own. */
export function decodeLz4Legacy(input: Buffer, size: number): Buffer {
  const output = Buffer.alloc(size);
  let read = 4; // past the magic number
  let written = 0;
  while (written < size) {
    const length = input.readUInt32LE(read);
    read += 4;
    written = decodeBlock(input.subarray(read, read + length), output, written);
    read += length;
  }
  if (written !== size)
    throw new Error(`the kernel image is damaged: it unpacks to ${written} bytes instead of ${size}`);
  return output;
}

/**
 * Matches may reach back into earlier blocks' output, hence one shared buffer. Returns the new write position.
 * Plain loops on purpose: with a helper closure over `read`, Node 26.10's Maglev compiler gave wrong bytes (V8 14.6; --no-maglev is right).
 */
function decodeBlock(block: Buffer, output: Buffer, start: number): number {
  let read = 0;
  let write = start;
  while (read < block.length) {
    const token = block[read++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        more = block[read++]!;
        literals += more;
      }
    }
    output.set(block.subarray(read, read + literals), write);
    read += literals;
    write += literals;
    if (read >= block.length) break; // a block ends with literals only
    const offset = block.readUInt16LE(read);
    read += 2;
    let match = (token & 15) + 4;
    if (match === 19) {
      let more = 255;
      while (more === 255) {
        more = block[read++]!;
        match += more;
      }
    }
    if (offset === 0 || offset > write) throw new Error('the kernel image is damaged (LZ4 offset out of range)');
    for (let i = 0; i < match; i++) output[write + i] = output[write - offset + i]!;
    write += match;
  }
  return write;
}
