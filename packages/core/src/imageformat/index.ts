/**
 * What an image file really is, whatever its name says.
 */

export { FormatInspector, type InspectOptions, inspectFile, inspectStream } from './format-inspector.ts';
export type { ImageFormat } from './image-bytes.ts';
export { type QemuImgOptions, qemuImg } from './qemu-img.ts';
export {
  assertDeclared,
  defaultMaxVirtualSizeBytes,
  type ImageVerdict,
  imageFormatMismatch,
  imageUnsafe,
  imageVirtualSizeTooLarge,
} from './verdict.ts';
