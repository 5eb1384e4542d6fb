import { Api } from '../api.ts';
import { fakeCloud, pidOf } from '../bench-cloud.ts';
import type { Section } from '../figures.ts';
import { pinToOneCore, requestsPerSecond } from '../wrk.ts';

const SERVERS = 10;

/** The list that every client asks for, with ten servers in it. */
export const detail: Section = {
  name: 'detail',
  async run(say) {
    await using cloud = await fakeCloud();
    const api = await Api.login(cloud, 'demo');
    const body = await api.smallServer('bench');
    for (let count = 0; count < SERVERS; count++) await api.untilActive(await api.createServer(body), 5);
    const listed = await api.listServers();
    if (listed.length !== SERVERS) throw new Error(`the list has ${listed.length} servers`);
    await pinToOneCore(await pidOf(cloud));
    const rate = async (connections: number) => {
      say(`wrk with ${connections} connections`);
      return {
        section: 'detail',
        name: `GET /servers/detail of ${SERVERS}, ${connections} connections`,
        unit: 'req/s' as const,
        better: 'higher' as const,
        samples: await requestsPerSecond(
          `${cloud.url('nova-api')}/v2.1/servers/detail?limit=1000`,
          { 'X-Auth-Token': api.token },
          connections,
        ),
        target: 2000,
        peer: 11.8,
        note: 'ours on one core, the peer on two that it shared with wrk',
      };
    };
    return [await rate(8), await rate(16)];
  },
};
