import { randomBytes } from 'node:crypto';
import { Api } from '../api.ts';

/** Everybody who asks: `owner` and `reader` in one project, `other` and `otherReader` in another one. */
export type People = Readonly<Record<'owner' | 'reader' | 'other' | 'otherReader', Api>>;

/** Makes two projects with a member and a reader each, and logs them in. */
export async function makePeople(admin: Api): Promise<People> {
  const { roles } = await admin.get<{ roles: { id: string; name: string }[] }>('identity', '/roles');
  const project = async (name: string) =>
    (await admin.post<{ project: { id: string } }>('identity', '/projects', { project: { name } })).project.id;
  const projects = { mine: await project('mine'), theirs: await project('theirs') };
  const person = async (name: string, role: string, where: keyof typeof projects) => {
    const password = randomBytes(12).toString('hex');
    const { user } = await admin.post<{ user: { id: string } }>('identity', '/users', { user: { name, password } });
    const roleId = roles.find((one) => one.name === role)!.id;
    await admin.send('identity', 'PUT', `/projects/${projects[where]}/users/${user.id}/roles/${roleId}`);
    return Api.login(admin.urls, { user: name, password, project: where });
  };
  return {
    owner: await person('owner', 'member', 'mine'),
    reader: await person('reader', 'reader', 'mine'),
    other: await person('other', 'member', 'theirs'),
    otherReader: await person('other-reader', 'reader', 'theirs'),
  };
}
