import { Api } from '../api.ts';
import { fakeCloud } from '../bench-cloud.ts';
import type { Section } from '../figures.ts';

const WARM_UP = 10;
const SAMPLES = 30;
const POLL_MS = 2;

/** One server after the other on the fake driver: how long the request takes, and how long until the server is ACTIVE. */
export const post: Section = {
  name: 'post',
  async run(say) {
    await using cloud = await fakeCloud();
    const api = await Api.login(cloud, 'demo');
    const body = await api.smallServer('bench');
    const answered: number[] = [];
    const active: number[] = [];
    for (let sample = -WARM_UP; sample < SAMPLES; sample++) {
      const began = performance.now();
      const id = await api.createServer(body);
      const posted = performance.now() - began;
      await api.untilActive(id, POLL_MS);
      if (sample >= 0) {
        answered.push(posted);
        active.push(performance.now() - began);
      }
      await api.deleteAllServers();
    }
    say(`${SAMPLES} servers after ${WARM_UP} to warm up`);
    return [
      {
        section: 'post',
        name: 'POST /servers answered',
        unit: 'ms',
        better: 'lower',
        samples: answered,
        target: 30,
        peer: 357,
      },
      {
        section: 'post',
        name: 'POST /servers to ACTIVE, fake driver',
        unit: 'ms',
        better: 'lower',
        samples: active,
        target: 150,
        peer: 2735,
      },
    ];
  },
};
