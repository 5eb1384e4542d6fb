import { Api, sleep } from '../api.ts';
import { fakeCloud } from '../bench-cloud.ts';
import type { Section } from '../figures.ts';

const SERVERS = 100;
const RUNS = 3;
const POLL_MS = 100;
const GIVE_UP_MS = 120_000;

/** A hundred servers asked for at once, in one request and in a hundred. */
export const hundred: Section = {
  name: 'hundred',
  async run(say) {
    await using cloud = await fakeCloud();
    const api = await Api.login(cloud, 'demo');
    const { server } = await api.smallServer('bench');
    const inOne = () => api.createServer({ server: { ...server, min_count: SERVERS, max_count: SERVERS } });
    const inMany = () => Promise.all(Array.from({ length: SERVERS }, () => api.createServer({ server })));
    await untilAllActive(api, inOne);
    const one: number[] = [];
    const many: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      say(`run ${run + 1} of ${RUNS}`);
      one.push(await untilAllActive(api, inOne));
      many.push(await untilAllActive(api, inMany));
    }
    return [
      {
        section: 'hundred',
        name: '100 servers ACTIVE, min_count=100',
        unit: 's',
        better: 'lower',
        samples: one,
        target: 6,
        peer: 255,
      },
      {
        section: 'hundred',
        name: '100 servers ACTIVE, 100 requests',
        unit: 's',
        better: 'lower',
        samples: many,
        target: 6,
      },
    ];
  },
};

/** Seconds from the first request until the last server is ACTIVE; all are deleted afterwards. */
async function untilAllActive(api: Api, ask: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await ask();
  for (;;) {
    const servers = await api.listServers();
    const failed = servers.find(({ status }) => status === 'ERROR');
    if (failed) throw new Error(`server ${failed.id} went to ERROR: ${JSON.stringify(failed)}`);
    if (servers.filter(({ status }) => status === 'ACTIVE').length === SERVERS) break;
    if (performance.now() - began > GIVE_UP_MS) throw new Error(`after ${GIVE_UP_MS / 1000} s not all are ACTIVE`);
    await sleep(POLL_MS);
  }
  const seconds = (performance.now() - began) / 1000;
  await api.deleteAllServers();
  return seconds;
}
