import { EngineError } from '../../model/errors.js';

/** Who a process of a container runs as: `user[:group]` resolved in the container's own files. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly home: string;
}

/** /etc/passwd and /etc/group of the container's root, empty text where missing. Whoever reads them stays below that root. */
export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** The range that Docker takes: moby sys/user. */
const MAX_ID = 2 ** 31 - 1;

/**
 * Resolves `user[:group]` and `--group-add` as Docker does. Names must be in the files; numbers need not. A user found in
 * passwd brings the groups it is a member of, unless a group is named. Throws invalid-argument with Docker's words.
 */
export function resolveUser(text: string, groupAdd: readonly string[], files: UserFiles): ResolvedUser {
  const [userPart = '', groupPart = '', ...rest] = text.split(':');
  if (rest.length > 0) {
    throw new EngineError('invalid-argument', `invalid user "${text}": use user[:group]`);
  }
  const groups = parseGroup(files.group);
  const user = findUser(userPart, parsePasswd(files.passwd));
  const gid = groupPart === '' ? user.gid : findGroup(groupPart, groups);
  const ofUser =
    groupPart === '' && user.name !== undefined
      ? groups.filter((group) => group.members.includes(user.name ?? '')).map((group) => group.gid)
      : [];
  const added = groupAdd.map((name) => findAdditionalGroup(name, groups));
  // The primary group is in the list too, so that dropping the others cannot widen access (CVE-2022-36109).
  const additionalGids = [...new Set([gid, ...ofUser, ...added])];
  return { uid: user.uid, gid, additionalGids, home: user.home };
}

function findUser(
  text: string,
  entries: readonly PasswdEntry[],
): { readonly name?: string; readonly uid: number; readonly gid: number; readonly home: string } {
  const wanted = text === '' ? '0' : text;
  const uid = parseId(wanted);
  const entry =
    entries.find((candidate) => candidate.name === wanted) ?? entries.find((candidate) => candidate.uid === uid);
  if (entry !== undefined) {
    return entry;
  }
  if (uid === undefined) {
    throw new EngineError('invalid-argument', `unable to find user ${text}: no matching entries in passwd file`);
  }
  return { uid, gid: 0, home: '/' };
}

function findGroup(text: string, groups: readonly GroupEntry[]): number {
  const gid = groups.find((group) => group.name === text)?.gid ?? parseId(text);
  if (gid === undefined) {
    throw new EngineError('invalid-argument', `unable to find group ${text}: no matching entries in group file`);
  }
  return gid;
}

function findAdditionalGroup(text: string, groups: readonly GroupEntry[]): number {
  const gid = groups.find((group) => group.name === text)?.gid ?? parseId(text);
  if (gid === undefined) {
    throw new EngineError('invalid-argument', `Unable to find group ${text}`);
  }
  return gid;
}

/** Decimal digits only: `0x0`, ` 0` and `+0` are names, and no name like that exists (CVE-2026-30892). */
function parseId(text: string): number | undefined {
  if (!/^\d+$/.test(text)) {
    return undefined;
  }
  const id = Number(text);
  if (id > MAX_ID) {
    throw new EngineError('invalid-argument', `uids and gids must be in range 0-${MAX_ID}`);
  }
  return id;
}

/** passwd(5). Lines whose numbers are not plain numbers are left out. */
function parsePasswd(text: string): readonly PasswdEntry[] {
  return splitLines(text).flatMap(([name = '', , uidText = '', gidText = '', , home = '/']) => {
    const uid = parseFileId(uidText);
    const gid = parseFileId(gidText);
    return name === '' || uid === undefined || gid === undefined ? [] : [{ name, uid, gid, home: home || '/' }];
  });
}

/** group(5). */
function parseGroup(text: string): readonly GroupEntry[] {
  return splitLines(text).flatMap(([name = '', , gidText = '', members = '']) => {
    const gid = parseFileId(gidText);
    return name === '' || gid === undefined ? [] : [{ name, gid, members: members.split(',') }];
  });
}

function splitLines(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

function parseFileId(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= MAX_ID ? Number(text) : undefined;
}
