import { Api } from '../api.ts';
import { fakeCloud, pidOf } from '../bench-cloud.ts';
import type { Section } from '../figures.ts';
import { pinToOneCore, requestsPerSecond } from '../wrk.ts';

/** Validations of one user's token by another one, with the catalog in the answer. */
export const validate: Section = {
  name: 'validate',
  async run(say) {
    await using cloud = await fakeCloud();
    const admin = await Api.login(cloud, 'admin');
    const demo = await Api.login(cloud, 'demo');
    await pinToOneCore(await pidOf(cloud));
    const headers = { 'X-Auth-Token': admin.token, 'X-Subject-Token': demo.token };
    const rate = async (connections: number) => {
      say(`wrk with ${connections} connections`);
      return {
        section: 'validate',
        name: `GET /v3/auth/tokens, ${connections} connections`,
        unit: 'req/s' as const,
        better: 'higher' as const,
        samples: await requestsPerSecond(`${cloud.url('keystone')}/v3/auth/tokens`, headers, connections),
        target: 2000,
        peer: 85.1,
        note: 'ours on one core, the peer on two that it shared with wrk',
      };
    };
    return [await rate(8), await rate(16)];
  },
};
