import { after } from 'node:test';
import { volumeDriverConformance } from '../../src/drivers/volume/conformance.ts';
import { FakeVolumeDriver } from '../../src/drivers/volume/index.ts';
import { FileHarnesses } from './file-harness.ts';

volumeDriverConformance('fake', async () => {
  const driver = new FakeVolumeDriver();
  return {
    driver,
    host: 'host-1',
    write: async ({ data }, offset, byte) =>
      driver.write(data.volume_id, offset, BigInt(byte) * 0x0101_0101_0101_0101n),
    read: async ({ data }, offset) => Number(driver.read(data.volume_id, offset) & 0xffn),
  };
});

const harnesses = new FileHarnesses();
after(() => harnesses.close());
volumeDriverConformance('file', () => harnesses.make());
