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
  return output;
}

/** Matches may reach back into earlier blocks' output, hence one shared buffer. Returns the new write position. */
function decodeBlock(block: Buffer, output: Buffer, start: number): number {
  let read = 0;
  let write = start;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    let byte = 255;
    while (byte === 255) {
      byte = block[read++]!;
      length += byte;
    }
    return length;
  };
  while (read < block.length) {
    const token = block[read++]!;
    const literals = extended(token >> 4);
    block.copy(output, write, read, read + literals);
    read += literals;
    write += literals;
    if (read >= block.length) break; // a block ends with literals only
    const offset = block.readUInt16LE(read);
    read += 2;
    const match = extended(token & 15) + 4;
    if (offset === 0 || offset > write) throw new Error('the kernel image is damaged (LZ4 offset out of range)');
    if (offset >= match) output.copyWithin(write, write - offset, write - offset + match);
    else for (let i = 0; i < match; i++) output[write + i] = output[write - offset + i]!;
    write += match;
  }
  return write;
}
