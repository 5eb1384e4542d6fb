import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attachment } from '../../app/attachments.ts';
import { attachmentBody } from './attachment-view.ts';

const attachment = (instanceId: string | null, connectionInfo: Record<string, unknown>): Attachment => ({
  ...{ id: 'a', volumeId: 'v', projectId: 'p', instanceId, status: 'attached', mode: 'rw', host: 'node-1' },
  ...{ mountpoint: '/dev/vdb', attachedAt: null, createdAt: '', connector: { host: 'node-1' }, connectionInfo },
});
const common = { driver_volume_type: 'nbd', export_name: 'volume-v', access_mode: 'rw', attachment_id: 'a' };

test('places on the storage host are for services and admins; where a volume listens, for who connects it to a machine of his own', () => {
  const local = { ...common, socket_path: '/var/lib/kumo/volumes/v.sock' };
  const remote = { ...common, host: '10.0.0.7', port: 10_809 };
  for (const info of [local, remote]) {
    assert.deepEqual(attachmentBody(attachment('server', info), true).connection_info, info);
    assert.deepEqual(attachmentBody(attachment('server', info), false).connection_info, common);
  }
  assert.deepEqual(attachmentBody(attachment(null, local), false).connection_info, common);
  assert.deepEqual(attachmentBody(attachment(null, remote), false).connection_info, remote);
});
