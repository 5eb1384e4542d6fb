/** What is in the test's directory. */
import { SUFFIX } from './slapd.ts';

export const USERS_DN = `ou=People,${SUFFIX}`;
export const GROUPS_DN = `ou=Groups,${SUFFIX}`;
export const USER_COUNT = 5_000;
export const TEAM_COUNT = 50;

export const passwordOf = (uid: string): string => `pw-${uid}`;
export const userDn = (uid: string): string => `uid=${uid.replaceAll(/[\\,+"<>;=]/g, '\\$&')},${USERS_DN}`;
export const uidAt = (index: number): string => `u${String(index).padStart(4, '0')}`;

type Values = Readonly<Record<string, string | readonly string[]>>;

/** One entry as LDIF; values that are not plain are written in base64. */
export function entry(dn: string, values: Values): string {
  const lines = Object.entries(values).flatMap(([name, value]) =>
    [value].flat().map((one) => line(name, one as string)),
  );
  return `${[line('dn', dn), ...lines].join('\n')}\n\n`;
}

function line(name: string, value: string): string {
  const isPlain = /^[!-9;=-~][ -~]*$/.test(value) && !value.endsWith(' ');
  return isPlain ? `${name}: ${value}` : `${name}:: ${Buffer.from(value).toString('base64')}`;
}

export function person(uid: string, more: Values = {}): string {
  return entry(userDn(uid), {
    objectClass: ['inetOrgPerson', 'account2'],
    uid,
    cn: `Person ${uid}`,
    sn: uid,
    mail: `${uid}@example.org`,
    userPassword: passwordOf(uid),
    ...more,
  });
}

export function group(name: string, members: readonly string[], dn = `cn=${name},${GROUPS_DN}`): string {
  return entry(dn, { objectClass: 'groupOfNames', cn: name, description: `group ${name}`, member: members });
}

export function roots(): string {
  return [
    entry(SUFFIX, { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' }),
    entry(USERS_DN, { objectClass: 'organizationalUnit', ou: 'People' }),
    entry(GROUPS_DN, { objectClass: 'organizationalUnit', ou: 'Groups' }),
  ].join('');
}

/** 5,000 users, each in one of 50 teams and in `everyone`; groups of groups; accounts with every kind of switch. */
export function directory(): string {
  const users = Array.from({ length: USER_COUNT }, (_, index) => uidAt(index));
  const team = (at: number) => users.filter((_, index) => index % TEAM_COUNT === at).map(userDn);
  const teams = Array.from({ length: TEAM_COUNT }, (_, at) => group(`team${at}`, team(at)));
  const switches = [
    ...['TRUE', 'true', 'True', 'FALSE', 'false', 'False', 'fALSE'].map((word, at) =>
      person(`sw${at}`, { enabled: word, locked: word, description: word }),
    ),
    ...['512', '514', '66048', '66050'].map((bits) => person(`ad${bits}`, { userAccountControl: bits })),
    person('noswitch'),
  ];
  const odd = [
    person('star*(x)\\y', { cn: 'a)(uid=*', sn: 'odd, name', telephoneNumber: '123', projectId: 'p-1' }),
    person('ünï', { sn: 'Ünïcode' }),
    person('nameless', { sn: ' ' }),
    person('comma, man', { sn: 'comma' }),
  ];
  return [
    roots(),
    ...users.map((uid) => person(uid)),
    ...switches,
    ...odd,
    ...teams,
    group('everyone', users.map(userDn)),
    group('inner', [userDn(uidAt(1))]),
    group('middle', [`cn=inner,${GROUPS_DN}`, userDn(uidAt(2))]),
    group('outer', [`cn=middle,${GROUPS_DN}`]),
    group('loop-a', [`cn=loop-b,${GROUPS_DN}`, userDn(uidAt(3))]),
    group('loop-b', [`cn=loop-a,${GROUPS_DN}`]),
    group('odd', [userDn('comma, man'), userDn('gone')]),
    group('enabled', [userDn(uidAt(0)), userDn(uidAt(1))]),
    entry(`cn=posix,${GROUPS_DN}`, {
      objectClass: 'posixGroup',
      cn: 'posix',
      gidNumber: '7',
      memberUid: [uidAt(4), uidAt(5)],
    }),
  ].join('');
}

/** Options of group `ldap` for this directory. */
export function ldapConfig(url: string, more: object = {}): Record<string, unknown> {
  return {
    url,
    suffix: SUFFIX,
    user_tree_dn: USERS_DN,
    user_objectclass: 'inetOrgPerson',
    user_id_attribute: 'uid',
    user_name_attribute: 'sn',
    group_tree_dn: GROUPS_DN,
    group_name_attribute: 'cn',
    page_size: 500,
    ...more,
  };
}
