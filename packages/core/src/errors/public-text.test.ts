import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicText } from './public-text.ts';

test("a text for users names none of the host's paths and addresses, and keeps the rest", () => {
  const cases: Record<string, string> = {
    'not today': 'not today',
    "qemu-img: Could not open '/var/lib/kumo/nova/images/sha512-ab': No such file":
      "qemu-img: Could not open '…': No such file",
    'the socket unix:/run/kumo/x.sock, and /a/b: failed.': 'the socket unix:…, and …: failed.',
    'http://10.0.0.5:9292/v2 cannot be reached: ECONNREFUSED': '… cannot be reached: ECONNREFUSED',
    'nbd+unix:///volume-1?socket=/run/a.sock is gone': '… is gone',
    'path=/tmp/k-a/b.sock.': 'path=….',
    'an I/O error and/or 3/4 of it': 'an I/O error and/or 3/4 of it',
    'The supplied device path (/dev/vdb) is in use.': 'The supplied device path (/dev/vdb) is in use.',
    'spawn /usr/bin/qemu-system-x86_64 EACCES': 'spawn … EACCES',
    '/': '/',
  };
  for (const [text, shown] of Object.entries(cases)) assert.equal(publicText(text), shown);
});
