import { readFileSync } from 'node:fs';
import { CommandError } from '../cli/command-error.ts';
import type { KumoConfig } from '../config/schema.ts';

/** Certificate and key of every listener, or undefined where TLS is off. */
export function tlsOptions(config: KumoConfig): { cert: string; key: string } | undefined {
  if (!config.tls) return undefined;
  const read = (option: string, file: string) => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new CommandError(`tls.${option}: ${(error as Error).message}`, { cause: error });
    }
  };
  return { cert: read('certFile', config.tls.certFile), key: read('keyFile', config.tls.keyFile) };
}
