/** A user as a directory knows it, by the id that is the directory's own. */
export interface DirectoryUser {
  readonly localId: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly defaultProjectId: string | null;
  /** `email`, `description` and what the configuration maps beside them. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface DirectoryGroup {
  readonly localId: string;
  readonly name: string;
  readonly description: string;
}

export interface NameSearch {
  readonly op: 'eq' | 'contains' | 'startsWith' | 'endsWith';
  readonly value: string;
}

/** What of a list is wanted; all conditions hold together. */
export interface DirectoryListWanted<T> {
  readonly names?: readonly NameSearch[];
  /** What the directory cannot be asked for. */
  readonly fits?: (row: T) => boolean;
  /** Entries at most. */
  readonly limit: number;
  /** The local id of the last entry of the page before. */
  readonly after?: string;
}

export interface DirectoryPage<T> {
  readonly rows: readonly T[];
  readonly hasMore: boolean;
  /** False when `after` is not in the list (any more); then there are no rows. */
  readonly isMarkerFound: boolean;
}

/**
 * A directory of users and groups that somebody else looks after: nothing is written to it. The order of a list is the
 * directory's and the same from call to call. Every method may throw {@link DirectoryDown} when the directory does not
 * answer in time or is configured wrongly, and {@link DirectoryLimit} when it refuses to list so much; none has an effect,
 * so all may be called again.
 */
export interface IdentityDriver {
  /** Undefined when there is none, also when it is there and the configured filter leaves it out. */
  findUser(localId: string): Promise<DirectoryUser | undefined>;
  findUserByName(name: string): Promise<DirectoryUser | undefined>;
  listUsers(wanted: DirectoryListWanted<DirectoryUser>): Promise<DirectoryPage<DirectoryUser>>;
  findGroup(localId: string): Promise<DirectoryGroup | undefined>;
  listGroups(wanted: DirectoryListWanted<DirectoryGroup>): Promise<DirectoryPage<DirectoryGroup>>;
  /** The names of some users or groups by their local ids, many at a time; those that are not there are left out. */
  namesOf(kind: 'user' | 'group', localIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The groups that a user is in, through other groups too where the configuration says so. None for unknown users. */
  groupsOf(userLocalId: string): Promise<readonly DirectoryGroup[]>;
  /** The members of a group that are users of this directory. None for unknown groups. */
  membersOf(groupLocalId: string, wanted: DirectoryListWanted<DirectoryUser>): Promise<DirectoryPage<DirectoryUser>>;
  /**
   * Whether this is the user's password. An empty one is nobody's, and the directory is not asked; of a user that there is
   * not it is asked the same, about nobody.
   */
  verifyPassword(userLocalId: string, password: string): Promise<boolean>;
  /** Keeps no connection any more. Calls under way come to their end. */
  close(): void;
}

/** The directory cannot be asked now. The message is for operators: it names the server, never a password. */
export class DirectoryDown extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'DirectoryDown';
  }
}

/** The directory gives fewer entries than there are. */
export class DirectoryLimit extends Error {
  constructor() {
    super('the directory limits how many entries it gives');
    this.name = 'DirectoryLimit';
  }
}
