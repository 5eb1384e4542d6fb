import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What a TLS client offers. */
export interface ClientHello {
  /** By their numbers, without those that mean nothing (GREASE) or say something else than a suite. */
  readonly suites: readonly number[];
  /** 0x0303 is TLS 1.2. */
  readonly versions: readonly number[];
}

const SIGNALS = new Set([0x00ff, 0x5600]);
const SUPPORTED_VERSIONS = 43;

/** Ephemeral keys with authenticated encryption: all that a TLS client or listener of ours may speak. */
export const GOOD_SUITES: ReadonlySet<number> = new Set([
  ...[0x1301, 0x1302, 0x1303],
  ...[0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9],
]);

/** What is said before TLS: given what has come since the last step, whether it is complete, and what comes next. */
export interface PrefaceStep {
  /** How much the client says first. */
  readonly awaits: number;
  readonly say: Buffer;
}

/**
 * Plays a server until a TLS client has said hello, and gives that.
 * @param connect begins to connect to a port; that it fails in the end does not matter.
 * @param preface what is spoken before TLS.
 */
export async function helloOf(
  connect: (port: number) => unknown,
  preface: readonly PrefaceStep[] = [],
): Promise<ClientHello> {
  const { promise, resolve } = Promise.withResolvers<ClientHello>();
  const server = createServer((socket) => listenTo(socket, [...preface], resolve));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    Promise.resolve(connect((server.address() as AddressInfo).port)).catch(() => undefined);
    return await promise;
  } finally {
    server.close();
  }
}

function listenTo(socket: Socket, preface: PrefaceStep[], tell: (hello: ClientHello) => void): void {
  let heard = Buffer.alloc(0);
  const go = () => {
    for (let step = preface[0]; step && heard.length >= step.awaits; step = preface[0]) {
      preface.shift();
      socket.write(step.say);
      heard = heard.subarray(step.awaits);
    }
    if (preface.length > 0 || heard.length < 5 || heard.length < 5 + heard.readUInt16BE(3)) return;
    tell(parse(heard.subarray(5)));
    socket.destroy();
  };
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk]);
    go();
  });
  go();
}

function parse(hello: Buffer): ClientHello {
  let at = 4;
  const version = hello.readUInt16BE(at);
  at += 2 + 32;
  at += 1 + hello.readUInt8(at);
  const numbers = (from: number, bytes: number) =>
    Array.from({ length: bytes / 2 }, (_, n) => hello.readUInt16BE(from + 2 * n));
  const suites = numbers(at + 2, hello.readUInt16BE(at)).filter((suite) => !SIGNALS.has(suite) && !isGrease(suite));
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  const end = at + 2 + hello.readUInt16BE(at);
  for (at += 2; at < end; at += 4 + hello.readUInt16BE(at + 2))
    if (hello.readUInt16BE(at) === SUPPORTED_VERSIONS)
      return { suites, versions: numbers(at + 5, hello.readUInt8(at + 4)).filter((one) => !isGrease(one)) };
  return { suites, versions: [version] };
}

function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}
