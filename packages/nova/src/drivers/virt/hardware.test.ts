import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hardwareFromImage } from './hardware.ts';

test('known properties are read, unknown ones left alone, impossible ones named', () => {
  assert.deepEqual(hardwareFromImage({ os_distro: 'debian' }), {});
  assert.deepEqual(
    hardwareFromImage({
      hw_machine_type: 'pc-q35-7.2',
      hw_disk_bus: 'scsi',
      hw_vif_model: 'e1000',
      hw_rng_model: 'virtio',
    }),
    { machine: 'q35', diskBus: 'scsi', vifModel: 'e1000', rng: true },
  );
  assert.throws(() => hardwareFromImage({ hw_vif_model: 'ne2k' }), /hw_vif_model=ne2k.*virtio, e1000/);
});
