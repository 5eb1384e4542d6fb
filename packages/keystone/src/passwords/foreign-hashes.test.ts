/** Hashes made by Debian's python3-passlib 1.7.4 with python3-bcrypt 3.2.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseForeignHash } from './foreign-hashes.ts';

const ASCII = 'correct horse';
const UTF8 = 'pässwörd – 密碼';
const LONG = `${'x'.repeat(72)}tail`;

const KNOWN: [string, string, string][] = [
  ['bcrypt 2b', ASCII, '$2b$05$1PpQYJrrSDbgTR0OeCf2kOSw2ecx8oMY50Z4UGWZm04qmRfEICaF2'],
  ['bcrypt 2y', ASCII, '$2y$05$6dPPyTKfX7EfpNDA2Q2mde/CtJmlcoVrNtJtxCHzh50Z1oJVRo6wa'],
  ['bcrypt 2a', ASCII, '$2a$05$O5ddojgKzK1Ey2vf.A/iseqca37LVgWvQ3oOPUlQGdYMIMm4.NTrC'],
  ['bcrypt by python3-bcrypt', ASCII, '$2b$05$Zdo12Rzy.rOG9J24NK36tegoEHvkPOEmK/tQKau3nVD4FmNH/VJ42'],
  ['bcrypt of UTF-8', UTF8, '$2b$05$Z3t72x5RvMECZtFUjWV6Cu8aBk7e1TtIbQZV8RBRWU/QeTLx4hs0m'],
  ['bcrypt of 76 bytes', LONG, '$2b$05$J5Ii2jtmmH3Jhf0DuEIyM.rhs01hdSX2O8j9CIuzY1HSpxnIAZ5UG'],
  ['bcrypt-sha256 2', LONG, '$bcrypt-sha256$v=2,t=2b,r=5$IeVAY.F1opqGjokDRBjY8O$M52UPTJ1yRZYvaf1QQ/6fLGmowtRDaO'],
  ['bcrypt-sha256 1', ASCII, '$bcrypt-sha256$2b,5$Sf6HO3kVXMjlav5YifLFR.$w5qKjSJdJppKqzMKlAZ7GWV78lsFKXi'],
  ['bcrypt-sha256 1, 2a', UTF8, '$bcrypt-sha256$2a,5$8giDK4VERdpGkT5EeVxv5u$tRE4GnVgPiwZM7TQcfsMqGllnhXb5xG'],
  ['scrypt', ASCII, '$scrypt$ln=10,r=8,p=1$PAcA4DwnZGxtzdl7732PsQ$xXxPZ8R9JQbZprM2IuuG+IcZ4HdPYupPysBiFHzGno8'],
  [
    'scrypt with other parameters',
    UTF8,
    '$scrypt$ln=8,r=4,p=2$di6ltPZ+j/EeYwzhXKtVqg$Zr5U6bcSUkQtt4JUmDfRgtbfCXAJqePpKAXAaYal7aY',
  ],
  [
    'pbkdf2',
    ASCII,
    '$pbkdf2-sha512$1000$uBdCKEXImbPW2rvXeq.1Ng$SuT4s/axH/Zi6wqdDwAFWdSX1tw7i6UE6d.WU7UWz0lBDAWD1UoilplHhvVuRKCWtOscOWbHOWrTROGFJ4bOIw',
  ],
  [
    'pbkdf2 with a long salt',
    UTF8,
    '$pbkdf2-sha512$1000$f6.1FoKQ0hpDCAEAYMzZO2eMkfLeu5dS6v3/39ubcw4$TM.QaHa6vvvkIRbsUSTPNIrtgcIBo/TzEObIeXN8C7a4EnWref.qVow0j5IJbZf7maiL5i05TB4xyaZVooMKwQ',
  ],
];

for (const [name, password, hash] of KNOWN) {
  test(`${name}: the right password and no other`, async () => {
    const parsed = parseForeignHash(hash);
    assert.ok(parsed);
    assert.equal(await parsed.verify(Buffer.from(password)), true);
    for (const wrong of [`${password.slice(1)}`, `y${password}`, password.toUpperCase(), ''])
      assert.equal(await parsed.verify(Buffer.from(wrong)), false, wrong);
  });
}

test('bcrypt looks at 72 bytes, as Keystone does; bcrypt-sha256 at all', async () => {
  const of = (name: string) => parseForeignHash(KNOWN.find(([one]) => one === name)?.[2] as string);
  assert.equal(await of('bcrypt of 76 bytes')?.verify(Buffer.from('x'.repeat(72))), true);
  assert.equal(await of('bcrypt of 76 bytes')?.verify(Buffer.from('x'.repeat(71))), false);
  assert.equal(await of('bcrypt-sha256 2')?.verify(Buffer.from('x'.repeat(72))), false);
});

test('what is no such hash, or would cost too much, is none', () => {
  for (const text of [
    '',
    'secret',
    '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$2b$05$short',
    '$2b$31$1PpQYJrrSDbgTR0OeCf2kOSw2ecx8oMY50Z4UGWZm04qmRfEICaF2',
    '$bcrypt-sha256$v=3,t=2b,r=5$IeVAY.F1opqGjokDRBjY8O$M52UPTJ1yRZYvaf1QQ/6fLGmowtRDaO',
    '$scrypt$ln=30,r=8,p=1$PAcA4DwnZGxtzdl7732PsQ$xXxPZ8R9JQbZprM2IuuG+IcZ4HdPYupPysBiFHzGno8',
    '$pbkdf2-sha512$90000000$uBdCKEXImbPW2rvXeq.1Ng$SuT4s/axH/Zi6wqdDwAFWdSX1tw7i6UE6d.WU7UWz0lBDAWD1UoilplHhvVuRKCW',
  ])
    assert.equal(parseForeignHash(text), undefined, text);
});
