import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface ClientAccount {
  user: string;
  project: string;
  password: string;
}

export interface ClientFiles {
  openrc: string;
  cloudsYaml: string;
}

/** The exports that the official clients read, for one account. */
export function openrcText(account: ClientAccount, authUrl: string, region: string): string {
  const values: Record<string, string> = {
    OS_AUTH_TYPE: 'password',
    OS_AUTH_URL: authUrl,
    OS_USERNAME: account.user,
    OS_PASSWORD: account.password,
    OS_PROJECT_NAME: account.project,
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_REGION_NAME: region,
    OS_IDENTITY_API_VERSION: '3',
  };
  return `${Object.entries(values)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`)
    .join('\n')}\n`;
}

/** Writes `openrc` (admin), `openrc-demo` and `clouds.yaml` into the state directory, 0600, each in one move. */
export function writeClientFiles(
  stateDir: string,
  accounts: { admin: ClientAccount; demo: ClientAccount },
  authUrl: string,
  region: string,
): ClientFiles {
  const cloud = ({ user, project, password }: ClientAccount) => ({
    auth: {
      auth_url: authUrl,
      username: user,
      password,
      project_name: project,
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    },
    region_name: region,
    identity_api_version: 3,
  });
  const files: ClientFiles = { openrc: join(stateDir, 'openrc'), cloudsYaml: join(stateDir, 'clouds.yaml') };
  write(files.openrc, openrcText(accounts.admin, authUrl, region));
  write(join(stateDir, 'openrc-demo'), openrcText(accounts.demo, authUrl, region));
  write(files.cloudsYaml, stringify({ clouds: { kumo: cloud(accounts.admin), 'kumo-demo': cloud(accounts.demo) } }));
  return files;
}

function write(file: string, text: string): void {
  writeFileSync(`${file}.${process.pid}`, text, { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
}
