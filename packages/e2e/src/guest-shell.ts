import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from './api.ts';
import { type Outcome, outcomeOf, succeed } from './command.ts';
import { eventually } from './eventually.ts';

/**
 * Makes a key pair and a security group of this name, which together let one into a guest that has both.
 *
 * @param directory takes the files of the key, which has no passphrase.
 * @returns the private key's file.
 */
export async function makeSshAccess(api: Api, name: string, directory: string): Promise<string> {
  const privateKey = join(directory, 'key');
  await succeed('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', privateKey]);
  const public_key = readFileSync(`${privateKey}.pub`, 'utf8').trim();
  await api.post('compute', '/os-keypairs', { keypair: { name, type: 'ssh', public_key } });
  const { security_group: group } = await api.post<{ security_group: { id: string } }>('network', '/security-groups', {
    security_group: { name },
  });
  const rule = {
    security_group_id: group.id,
    direction: 'ingress',
    ethertype: 'IPv4',
    protocol: 'tcp',
    port_range_min: 22,
    port_range_max: 22,
  };
  await api.post('network', '/security-group-rules', { security_group_rule: rule });
  return privateKey;
}

/** Commands in a guest, as root, through ssh. */
export class GuestShell {
  readonly address: string;
  readonly #keyFile: string;

  constructor(address: string, keyFile: string) {
    this.address = address;
    this.#keyFile = keyFile;
  }

  outcome(command: string, timeoutMs = 60_000): Promise<Outcome> {
    const options = [
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
      'LogLevel=ERROR',
      'BatchMode=yes',
      'ConnectTimeout=5',
    ];
    const args = [...options.flatMap((option) => ['-o', option]), '-i', this.#keyFile, `root@${this.address}`, command];
    return outcomeOf('ssh', args, { timeoutMs });
  }

  /** What a command prints, without the last line's end. @throws Error with everything it said when it fails. */
  async run(command: string, timeoutMs?: number): Promise<string> {
    const { code, stdout, stderr } = await this.outcome(command, timeoutMs);
    if (code !== 0) throw new Error(`${this.address}: ${command}: exit code ${code}\n${stdout}\n${stderr}`);
    return stdout.trimEnd();
  }

  /** Waits until the guest lets us in. */
  async ready(timeoutMs = 90_000): Promise<this> {
    await eventually(`ssh to ${this.address}`, () => this.run('true', 10_000).then(() => true), {
      timeoutMs,
      everyMs: 500,
    });
    return this;
  }

  /** Whether another address answers to one of three pings, e.g. with `-I` and a source. */
  async pings(address: string, options = ''): Promise<boolean> {
    return (await this.outcome(`ping -c 3 -W 2 ${options} ${address}`)).code === 0;
  }

  /** The block devices beside the root disk, in order. */
  async extraDisks(): Promise<string[]> {
    return (await this.run('ls /sys/block')).split(/\s+/).filter((name) => /^vd[b-z]$/.test(name));
  }
}
