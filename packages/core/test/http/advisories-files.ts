/** Checks a token as a service does, in a process that may write no file (node --permission), and prints who it is. */
import { TokenValidator } from '../../src/client/index.ts';

const reply = { token: { user: { id: 'u1' }, roles: [], expires_at: '2999-01-01T00:00:00Z' } };
const validator = new TokenValidator({
  transport: {
    send: async () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(reply)),
    }),
    close: async () => {},
  },
  serviceToken: { token: async () => 'service', invalidate: () => undefined },
  from: 'test',
});
const names = await Promise.all(['one', 'two', 'one'].map(async (token) => (await validator.validate(token))?.userId));
process.stdout.write(names.join());
