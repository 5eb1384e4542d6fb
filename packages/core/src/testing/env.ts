import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transport } from '../client/index.ts';
import type { DaemonEnv, HttpDaemonName } from '../daemon/index.ts';
import { unavailable } from '../errors/index.ts';
import type { TokenChecker, TokenInfo } from '../http/index.ts';
import { type Logger, silentLogger } from '../log/index.ts';
import { type Bus, inProcessBus } from '../rpc/index.ts';

/** Projects of the static tokens. */
export const TEST_PROJECT = '11111111111111111111111111111111';
export const OTHER_PROJECT = '22222222222222222222222222222222';
export const OTHER_DOMAIN = '44444444444444444444444444444444';

const who = (name: string, roles: string[], projectId = TEST_PROJECT): TokenInfo => ({
  userId: `${name}-user`,
  userName: name,
  userDomainId: 'default',
  projectId,
  projectName: name === 'other' ? 'other' : 'test',
  projectDomainId: 'default',
  roles,
  auditIds: [`audit-${name}`],
  expiresAt: '2100-01-01T00:00:00.000000Z',
});

/**
 * Token → who it is: `admin`, `manager`, `member`, `reader` of one project, `other` (a member of another one), `service` (as
 * services log in), `serviceOnly` (that role alone), `systemAdmin`, `systemReader`, `domainManager` of the project's
 * domain, `otherDomainManager`.
 */
export const TEST_TOKENS: Readonly<Record<string, TokenInfo>> = {
  admin: who('admin', ['admin', 'manager', 'member', 'reader']),
  manager: who('manager', ['manager', 'member', 'reader']),
  member: who('member', ['member', 'reader']),
  reader: who('reader', ['reader']),
  other: who('other', ['member', 'reader'], OTHER_PROJECT),
  service: who('service', ['admin', 'service', 'member', 'reader'], '33333333333333333333333333333333'),
  serviceOnly: who('serviceOnly', ['service'], '33333333333333333333333333333333'),
  systemAdmin: withoutProject('systemAdmin', ['admin', 'manager', 'member', 'reader'], { systemScope: 'all' }),
  systemReader: withoutProject('systemReader', ['reader'], { systemScope: 'all' }),
  domainManager: withoutProject('domainManager', ['manager', 'member', 'reader'], { domainId: 'default' }),
  otherDomainManager: withoutProject('otherDomainManager', ['manager', 'member', 'reader'], { domainId: OTHER_DOMAIN }),
};

function withoutProject(name: string, roles: string[], scope: Partial<TokenInfo>): TokenInfo {
  const { projectId: _, projectName: __, projectDomainId: ___, ...person } = who(name, roles);
  return { ...person, ...scope };
}

export interface TestEnvOptions {
  /** Default: SQLite in memory, one per service. */
  databaseUrl?: (service: string) => string;
  bus?: Bus;
  host?: string;
  log?: Logger | undefined;
  tokens?: Readonly<Record<string, TokenInfo>>;
  /** Other services, by daemon; one that is asked for and not given answers like a service that is down. */
  transports?: Partial<Record<HttpDaemonName, Transport>>;
}

export interface TestEnv extends DaemonEnv {
  /** Removes the state directory and closes the bus. */
  cleanUp(): Promise<void>;
}

/** What a daemon is given in tests: real bus, real database, static tokens. */
export function testEnv(options: TestEnvOptions = {}): TestEnv {
  const { log = silentLogger, tokens = TEST_TOKENS, transports = {} } = options;
  const stateDir = mkdtempSync(join(tmpdir(), 'kumo-t-'));
  const bus = options.bus ?? inProcessBus({ log });
  const checker: TokenChecker = { validate: async (token) => tokens[token] };
  const down: Transport = {
    send: async () => {
      throw unavailable({ message: 'this service is not part of the test' }, { retryable: true });
    },
    close: async () => {},
  };
  return {
    log,
    bus,
    host: options.host ?? 'test-host',
    stateDir,
    region: 'RegionOne',
    managementAddress: '127.0.0.1',
    databaseUrl: options.databaseUrl ?? (() => 'sqlite::memory:'),
    transport: (daemon) => transports[daemon] ?? down,
    endpoint: (daemon) => `http://${daemon}.test`,
    serviceUser: (service) => ({ username: service, password: 'secret' }),
    sharedSecret: (purpose) => `${purpose}-secret`,
    tokens: checker,
    metrics: async () => '',
    async cleanUp() {
      await bus.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
