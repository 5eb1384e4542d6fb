/** Listens with the connections' default bound and prints the port; asked to, opens files beside and prints how many. */
import { closeSync, openSync } from 'node:fs';
import { listen } from '../../src/http/index.ts';
import { exampleApp } from './example-service.ts';

const url = new URL(await listen(exampleApp(), { host: '127.0.0.1', port: 0 }));
process.stdout.write(`${url.port}\n`);
for await (const _line of process.stdin) {
  const files = Array.from({ length: 60 }, () => openSync('/dev/null', 'r'));
  for (const file of files) closeSync(file);
  process.stdout.write(`opened ${files.length} files\n`);
}
