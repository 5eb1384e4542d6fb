import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage } from './image.ts';

const usage = 'usage: build.sh OUTPUT.qcow2 [--cache DIR]';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { cache: { type: 'string' } } });
  const output = positionals[0];
  if (!output || positionals.length > 1) throw new Error(usage);
  const cache =
    values.cache ?? join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '/tmp', '.cache'), 'kumo-guest');
  const start = performance.now();
  const log = (line: string) =>
    console.log(`[${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s] ${line}`);
  await buildImage({ output, cache, log });
}

main().catch((error: Error) => {
  console.error(`kumo-guest: ${error.message}`);
  process.exitCode = 1;
});
