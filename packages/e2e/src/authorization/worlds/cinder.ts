import { type Operation, operationsOf } from '@kumo/core/http';
import type { Logger } from '@kumo/core/log';
import { FakeVolumeDriver } from '../../../../cinder/src/drivers/volume/index.ts';
import { Harness } from '../../../../cinder/test/harness.ts';
import { OTHER_PROJECT, TEST_PROJECT } from '../../../../core/src/testing/env.ts';
import { UNKNOWN } from '../../../../core/src/testing/sample-value.ts';
import { staticCallers } from '../callers.ts';
import { fresh } from '../maker.ts';
import type { Ask, Caller, Ids, World } from '../world.ts';

const UNCONNECTED = { status: 400, why: 'an attachment is completed by the host that connected it' };
const NOT_THERE = { status: 404, why: 'nothing has failed in this cloud: there is no message' };

export async function cinderWorld(databaseUrl: string, log?: Logger): Promise<World> {
  const quota = { volumes: -1, snapshots: -1, gigabytes: -1 };
  const harness = await Harness.start({
    databaseUrl,
    log,
    config: { quota } as never,
    driver: new FakeVolumeDriver({ totalGb: 1_000_000 }),
  });
  const spares = new Map<string, string>();
  return {
    service: 'block-storage',
    app: harness.app,
    callers: staticCallers(),
    headers: { 'openstack-api-version': 'volume 3.71' },
    hides: true,
    leftOut: inProject(harness),
    exceptions: {
      'showMessage *': NOT_THERE,
      'deleteMessage *': NOT_THERE,
      'deleteMessage reader': { ...NOT_THERE, why: 'who may read messages learns that this one is not there' },
      'completeAttachment *': UNCONNECTED,
    },
    // Cinder itself asks the rules of the volumes.
    rule: ({ name }) =>
      ({ showAttachment: 'volume:get', listAttachments: 'volume:get_all', listAttachmentsDetail: 'volume:get_all' })[
        name
      ],
    make: () => makeResources(harness, spares),
    keeps: ({ name }) => /^(update(?!Attachment)|create(?!Attachment|Snapshot$)|show|set)/.test(name),
    ask: ({ name }, ids) => asks(ids)[name],
    target: (operation, _, { credentials }) => ({
      project_id:
        ownsTarget(operation) || operation.path.includes('{target_project_id}') ? TEST_PROJECT : credentials.project_id,
    }),
    sees: (operation, caller) => !ownsTarget(operation) || seesProject(caller),
    stop: () => harness.stop(),
  };
}

/** Every operation is served below the project's URL as well; who may do what is the same. */
function inProject({ app }: Harness): Readonly<Record<string, string>> {
  const twins = operationsOf(app).filter(({ path }) => path.startsWith('/v3/{project_id}/'));
  return Object.fromEntries(twins.map(({ name }) => [name, 'the same under the URL of the project']));
}

/** Whether it is about a thing of the project; snapshots and attachments are made of a volume of its. */
function ownsTarget({ path, name }: Operation): boolean {
  return (
    /\{(volume|snapshot|attachment|message)_id\}/.test(path) || ['createSnapshot', 'createAttachment'].includes(name)
  );
}

function seesProject({ credentials }: Caller): boolean {
  return credentials.project_id === TEST_PROJECT || (credentials.roles as readonly string[]).includes('admin');
}

/** @param spares volumes for what is only possible in a certain status, which they are given again. */
async function makeResources(harness: Harness, spares: Map<string, string>): Promise<Ids> {
  const post = async (path: string, body: object, token = 'member') => {
    const reply = await harness.call('POST', `/v3${path}`, { body, token });
    if (reply.status >= 300) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  const metadata = { key: 'v' };
  const volume = await harness.volume({ name: fresh('volume'), metadata });
  const attached = await harness.volume({ name: fresh('attached') });
  const made = await post('/snapshots', {
    snapshot: { volume_id: await harness.volume(), name: fresh('s'), metadata },
  });
  await harness.until(`/v3/snapshots/${made.snapshot.id}`, 'snapshot', 'available');
  const { attachment } = await post('/attachments', { attachment: { volume_uuid: attached, instance_uuid: UNKNOWN } });
  const { volume_type: type } = await post(
    '/types',
    { volume_type: { name: fresh('type'), 'os-volume-type-access:is_public': false } },
    'admin',
  );
  await post(`/types/${type.id}/extra_specs`, { extra_specs: { key: 'v' } }, 'admin');
  const { volume_type: open } = await post(
    '/types',
    { volume_type: { name: fresh('type'), extra_specs: { multiattach: '<is> True' } } },
    'admin',
  );
  await post(`/types/${type.id}/action`, { addProjectAccess: { project: OTHER_PROJECT } }, 'admin');
  const inStatus = async (status: string) => {
    const id = spares.get(status) ?? (await harness.volume());
    spares.set(status, id);
    await post(`/volumes/${id}/action`, { 'os-reset_status': { status } }, 'admin');
    return id;
  };
  await post(`/volumes/${volume}/action`, { 'os-set_image_metadata': { metadata } });
  return {
    attaching_id: await inStatus('attaching'),
    in_use_id: await inStatus('in-use'),
    detaching_id: await inStatus('detaching'),
    volume_id: volume,
    snapshot_id: made.snapshot.id,
    attachment_id: attachment.id,
    type_id: type.id,
    open_type_id: open.id,
    target_project_id: TEST_PROJECT,
    project_id: TEST_PROJECT,
    quota_class_name: 'default',
    key: 'key',
    host: 'test-host',
  };
}

function asks(ids: Ids): Readonly<Record<string, Ask>> {
  const metadata = { body: { metadata: { other: 'v' } } };
  const service = { body: { binary: 'cinder-scheduler', host: ids.host } };
  const openType = { ids: { type_id: ids.open_type_id! } };
  return {
    createVolume: { body: { volume: { size: 1 } } },
    updateVolume: { body: { volume: { name: 'renamed' } } },
    createSnapshot: { body: { snapshot: { volume_id: ids.volume_id } } },
    updateSnapshot: { body: { snapshot: { name: 'renamed' } } },
    createAttachment: { body: { attachment: { volume_uuid: ids.volume_id, instance_uuid: UNKNOWN } } },
    createVolumeMetadata: metadata,
    replaceVolumeMetadata: metadata,
    createSnapshotMetadata: metadata,
    replaceSnapshotMetadata: metadata,
    updateVolumeMetadataItem: { body: { meta: { key: 'w' } } },
    updateSnapshotMetadataItem: { body: { meta: { key: 'w' } } },
    showVolumeType: openType,
    listTypeExtraSpecs: openType,
    // Of a type's specs only a few are shown to all.
    showTypeExtraSpec: { ids: { type_id: ids.open_type_id!, key: 'multiattach' } },
    createVolumeType: { body: { volume_type: { name: fresh('new') } } },
    updateVolumeType: { body: { volume_type: { name: fresh('renamed') } } },
    createTypeExtraSpecs: { body: { extra_specs: { other: 'v' } } },
    updateTypeExtraSpec: { body: { key: 'w' } },
    addTypeAccess: { body: { addProjectAccess: { project: TEST_PROJECT } } },
    removeTypeAccess: { body: { removeProjectAccess: { project: OTHER_PROJECT } } },
    extendVolume: { body: { 'os-extend': { new_size: 2 } } },
    resetVolumeStatus: { body: { 'os-reset_status': { status: 'error' } } },
    resetSnapshotStatus: { body: { 'os-reset_status': { status: 'error' } } },
    unsetVolumeImageMetadata: { body: { 'os-unset_image_metadata': { key: 'key' } } },
    unreserveVolume: { ids: { volume_id: ids.attaching_id! } },
    beginDetachingVolume: { ids: { volume_id: ids.in_use_id! } },
    rollDetachingVolume: { ids: { volume_id: ids.detaching_id! } },
    enableService: service,
    disableService: service,
    disableServiceWithReason: { body: { ...service.body, disabled_reason: 'a test' } },
    updateQuotaSet: { body: { quota_set: { volumes: -1 } } },
    updateQuotaClass: { body: { quota_class_set: { volumes: -1 } } },
  };
}
