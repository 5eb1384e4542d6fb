import { spawn } from 'node:child_process';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { DriverError } from '@kumo/core/errors';
import { withSpan } from '@kumo/core/trace';
import { checkedInteger, checkedIp, checkedName } from '../host/checked-values.ts';
import { namespacePath } from '../host/net-host.ts';

const CHILD = fileURLToPath(new URL('./namespace-listener-child.ts', import.meta.url));
const TIMEOUT_MS = 10_000;

/**
 * A listening socket in another network namespace, in this process. Node cannot enter a namespace, but a socket stays in
 * the one where it was made: a child that is started there listens, hands the socket over by Node's IPC and exits. No
 * process stays behind; the socket lives as long as this process or until it is closed. Connections arrive paused.
 *
 * @throws DriverError when the namespace or the address is not there, or the port is taken.
 */
export function listenInNamespace(namespace: string, at: { address: string; port: number }): Promise<Server> {
  const args = [
    `--net=${namespacePath(checkedName(namespace))}`,
    process.execPath,
    CHILD,
    checkedIp(at.address),
    String(checkedInteger(at.port, 1, 65_535)),
  ];
  return withSpan(
    'nsenter',
    { kind: 'native', from: 'driver', to: 'nsenter', attributes: { 'process.command_args': args.join(' ') } },
    () => {
      return new Promise<Server>((resolve, reject) => {
        const child = spawn('nsenter', args, {
          stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
          // The child does nothing but listen: it shall not load what NODE_OPTIONS asks of us.
          env: { PATH: process.env.PATH ?? '' },
          timeout: TIMEOUT_MS,
          killSignal: 'SIGKILL',
        });
        let received: Server | undefined;
        let complaint = '';
        child.stderr?.setEncoding('utf8').on('data', (text: string) => {
          complaint = (complaint + text).slice(-1000);
        });
        child.on('message', (_message, handle) => {
          received = handle as Server;
          child.send('received');
        });
        child.on('error', (cause) => {
          received?.close();
          reject(new DriverError(`Cannot listen in namespace ${namespace}: ${cause.message}`, { cause }));
        });
        child.on('exit', (code) => {
          if (received) return resolve(received);
          const why = complaint.trim() || `exit code ${code}`;
          reject(
            new DriverError(`Cannot listen on ${at.address}:${at.port} in namespace ${namespace}: ${why}`, {
              retryable: true,
            }),
          );
        });
      });
    },
  );
}
