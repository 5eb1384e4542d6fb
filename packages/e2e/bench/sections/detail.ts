import { Api } from '../api.ts';
import { fakeCloud, pidOf } from '../bench-cloud.ts';
import type { Section } from '../figures.ts';
import { pinToOneCore, rateFigures, ratesUnder } from '../wrk.ts';

const SERVERS = 10;
const PEER = { perSecond: 11.8, cpuMs: 125.3 };

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
    const pid = await pidOf(cloud);
    await pinToOneCore(pid);
    const headers = { 'X-Auth-Token': api.token };
    const url = `${cloud.url('nova-api')}/v2.1/servers/detail?limit=1000`;
    const figures = async (connections: number) => {
      say(`wrk with ${connections} connections`);
      const name = `GET /servers/detail of ${SERVERS}, ${connections} connections`;
      return rateFigures(await ratesUnder({ url, headers, connections, pid }), { section: 'detail', name, peer: PEER });
    };
    return [...(await figures(8)), ...(await figures(16))];
  },
};
