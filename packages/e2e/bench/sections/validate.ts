import { Api } from '../api.ts';
import { fakeCloud, pidOf } from '../bench-cloud.ts';
import type { Section } from '../figures.ts';
import { pinToOneCore, rateFigures, ratesUnder } from '../wrk.ts';

const PEER = { perSecond: 85.1, cpuMs: 19.1 };

/** Validations of one user's token by another one, with the catalog in the answer. */
export const validate: Section = {
  name: 'validate',
  async run(say) {
    await using cloud = await fakeCloud();
    const admin = await Api.login(cloud, 'admin');
    const demo = await Api.login(cloud, 'demo');
    const pid = await pidOf(cloud);
    await pinToOneCore(pid);
    const headers = { 'X-Auth-Token': admin.token, 'X-Subject-Token': demo.token };
    const url = `${cloud.url('keystone')}/v3/auth/tokens`;
    const figures = async (connections: number) => {
      say(`wrk with ${connections} connections`);
      const name = `GET /v3/auth/tokens, ${connections} connections`;
      return rateFigures(await ratesUnder({ url, headers, connections, pid }), {
        section: 'validate',
        name,
        peer: PEER,
      });
    };
    return [...(await figures(8)), ...(await figures(16))];
  },
};
