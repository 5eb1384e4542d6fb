export { FileStore } from './file-store.ts';
export {
  type ByteRange,
  type ImageStore,
  imageDataExists,
  imageDataNotFound,
  imageTooLarge,
  type PutOptions,
  type StoredData,
  type StoredImage,
  storageFull,
} from './image-store.ts';
export { MemoryStore } from './memory-store.ts';
