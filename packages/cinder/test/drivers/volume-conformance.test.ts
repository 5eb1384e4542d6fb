import { after } from 'node:test';
import { defaultIdBounds } from '@kumo/core/confine';
import { volumeDriverConformance } from '../../src/drivers/volume/conformance.ts';
import { FakeVolumeDriver } from '../../src/drivers/volume/index.ts';
import { FileHarnesses } from './file-harness.ts';

volumeDriverConformance('fake', async () => {
  const driver = new FakeVolumeDriver();
  return {
    driver,
    host: 'host-1',
    guestGids: [1_000, 1_001],
    endServer: async () => {},
    write: async ({ data }, offset, byte) =>
      driver.write(data.volume_id, offset, BigInt(byte) * 0x0101_0101_0101_0101n),
    read: async ({ data }, offset) => Number(driver.read(data.volume_id, offset) & 0xffn),
  };
});

const harnesses = new FileHarnesses();
after(() => harnesses.close());
volumeDriverConformance('file', () => harnesses.make());

if (process.getuid?.() === 0) {
  const owners = {
    volumes: defaultIdBounds('/tmp/kv-conformance', 'volumes'),
    guests: defaultIdBounds('/tmp/kv-conformance', 'guests'),
  };
  volumeDriverConformance('file, every volume with an id of its own', () => harnesses.make({ owners }));
}
