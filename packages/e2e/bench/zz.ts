import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';

const [, , stateDir, base, what = 'post', n = '30', net = 'none'] = process.argv;
const rc = Object.fromEntries(
  [...readFileSync(`${stateDir}/openrc`, 'utf8').matchAll(/^export (\w+)='(.*)'$/gm)].map((m) => [m[1], m[2]]),
);
const agent = new Agent({ connections: 128 });
const p = Number(base);
const call = async (port: number, method: any, path: string, body?: any, token = '') => {
  const r = await request(`http://127.0.0.1:${port}${path}`, {
    dispatcher: agent,
    method,
    headers: { 'x-auth-token': token, 'content-type': 'application/json', 'openstack-api-version': 'compute 2.60' },
    body: body ? JSON.stringify(body) : null,
  });
  const text = await r.body.text();
  if (r.statusCode >= 300) throw new Error(`${method} ${path} ${r.statusCode} ${text}`);
  return { json: text ? JSON.parse(text) : undefined, headers: r.headers };
};
const d = { id: 'default' };
const { headers } = await call(p, 'POST', '/v3/auth/tokens', {
  auth: {
    identity: { methods: ['password'], password: { user: { name: 'admin', domain: d, password: rc.OS_PASSWORD } } },
    scope: { project: { name: 'admin', domain: d } },
  },
});
const t = headers['x-subject-token'] as string;
const img = (await call(p + 1, 'GET', '/v2/images?name=kumo-guest', undefined, t)).json.images[0].id;
const nets = (await call(p + 5, 'GET', '/v2.0/networks?name=private', undefined, t)).json.networks[0].id;
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
const body = {
  server: { name: 'b', imageRef: img, flavorRef: '42', networks: net === 'none' ? 'none' : [{ uuid: nets }] },
} as any;
const list = async () => (await call(p + 3, 'GET', '/v2.1/servers/detail?limit=1000', undefined, t)).json.servers;
const drop = async () => {
  for (const s of await list()) await call(p + 3, 'DELETE', `/v2.1/servers/${s.id}`, undefined, t);
  const b = performance.now();
  while ((await list()).length) await sleep(20);
  return performance.now() - b;
};
const med = (a: number[]) => a.sort((x, y) => x - y)[a.length >> 1]!.toFixed(1);
await drop();
if (what === 'token') console.log(t);
if (what === 'post') {
  const A: number[] = [],
    B: number[] = [],
    C: number[] = [];
  for (let i = 0; i < +n + 10; i++) {
    const b = performance.now();
    const id = (await call(p + 3, 'POST', '/v2.1/servers', body, t)).json.server.id;
    const a = performance.now();
    for (;;) {
      const s = (await call(p + 3, 'GET', `/v2.1/servers/${id}`, undefined, t)).json.server;
      if (s.status === 'ACTIVE') break;
      if (s.status === 'ERROR') throw new Error(JSON.stringify(s.fault));
      await sleep(2);
    }
    const c = performance.now();
    const g = await drop();
    if (i >= 10) {
      A.push(a - b);
      B.push(c - b);
      C.push(g);
    }
  }
  console.log(
    'post',
    med(A),
    'active',
    med(B),
    'delete',
    med(C),
    'min/max active',
    B[0]!.toFixed(0),
    B.at(-1)!.toFixed(0),
  );
}
if (what === 'ten') {
  for (let i = 0; i < +n; i++) await call(p + 3, 'POST', '/v2.1/servers', body, t);
  while ((await list()).some((s: any) => s.status !== 'ACTIVE')) await sleep(50);
  console.log(t);
}
if (what === 'hundred') {
  for (const mode of ['one', 'many', 'one', 'many']) {
    const b = performance.now();
    if (mode === 'one')
      await call(p + 3, 'POST', '/v2.1/servers', { server: { ...body.server, min_count: 100, max_count: 100 } }, t);
    else await Promise.all(Array.from({ length: 100 }, () => call(p + 3, 'POST', '/v2.1/servers', body, t)));
    const posted = performance.now() - b;
    for (;;) {
      const l = await list();
      const k: any = {};
      for (const s of l) k[s.status] = (k[s.status] ?? 0) + 1;
      if (k.ACTIVE === 100) break;
      if (k.ERROR) throw new Error(JSON.stringify(k) + JSON.stringify(l.find((s: any) => s.status === 'ERROR').fault));
      if (performance.now() - b > 120000) {
        console.log('gave up', k);
        break;
      }
      await sleep(100);
    }
    console.log(mode, 'posted', posted.toFixed(0), 'active', (performance.now() - b).toFixed(0));
    const g = await drop();
    console.log('deleted', g.toFixed(0));
  }
}
