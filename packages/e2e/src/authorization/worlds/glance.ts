import type { Logger } from '@kumo/core/log';
import { OTHER_PROJECT, TEST_PROJECT } from '../../../../core/src/testing/env.ts';
import { startGlance } from '../../../../glance/test/harness.ts';
import { staticCallers } from '../callers.ts';
import { fresh, maker } from '../maker.ts';
import type { Ask, Caller, Ids, World } from '../world.ts';

const MEMBER = '77777777777777777777777777777777';

export async function glanceWorld(databaseUrl: string, log?: Logger): Promise<World> {
  const glance = await startGlance({ databaseUrl: () => databaseUrl, log });
  const app = glance.daemon.app!;
  const make = maker(app, 'member');
  return {
    service: 'image',
    app,
    callers: staticCallers(),
    hides: true,
    leftOut: {},
    exceptions: {
      'showImageMember systemAdmin': {
        status: 404,
        why: 'one membership is hidden, also where the image itself is seen',
      },
    },
    async make() {
      const { id } = await glance.createWith(Buffer.from('data'), {
        name: fresh('image'),
        visibility: 'shared',
        tags: ['old'],
      });
      await make('POST', `/v2/images/${id}/members`, { member: MEMBER });
      const queued = await make('POST', '/v2/images', { name: 'queued', disk_format: 'raw', container_format: 'bare' });
      return { image_id: id, queued_id: queued.id, member_id: MEMBER, schema: 'image', tag: 'new' };
    },
    ask: ({ name }, ids) => asks(ids)[name],
    target: ({ name, path }, _, { credentials }) => {
      const own = { project_id: credentials.project_id, owner: credentials.project_id };
      if (!path.includes('{image_id}')) return own;
      const member =
        name.endsWith('ImageMember') || name.endsWith('ImageMembers') ? { member_id: MEMBER } : { member_id: null };
      return { project_id: TEST_PROJECT, owner: TEST_PROJECT, visibility: 'private', ...member };
    },
    sees: ({ path }, caller) => !path.includes('{image_id}') || seesProject(caller),
    stop: () => glance.stop(),
  };
}

function seesProject({ credentials }: Caller): boolean {
  // Who has the role admin finds every image, whatever the scope; the rule is asked afterwards.
  return credentials.project_id === TEST_PROJECT || (credentials.roles as readonly string[]).includes('admin');
}

function asks(ids: Ids): Readonly<Record<string, Ask>> {
  return {
    createImage: { body: { name: fresh('new') } },
    uploadImage: { ids: { image_id: ids.queued_id! }, body: 'bytes' },
    updateImage: { body: [{ op: 'replace', path: '/name', value: 'renamed' }] },
    createImageMember: { body: { member: OTHER_PROJECT } },
    updateImageMember: { body: { status: 'accepted' } },
    deleteImageTag: { ids: { tag: 'old' } },
  };
}
