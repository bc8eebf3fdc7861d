import { parse } from 'yaml';
import { z } from 'zod/mini';
import { EngineError, messageOf } from '../../../../model/errors.js';
import { compileGlob } from '../../../../model/glob.js';
import type { Action } from '../route.js';

/** Who may do what to which repository. */
export interface Permissions {
  /** `user` is undefined for whoever has not logged in. */
  may(user: string | undefined, action: Action, repository: string): boolean;
  /** Something is allowed without logging in. */
  readonly hasAnonymous: boolean;
}

const ANONYMOUS = 'anonymous';
const names = z.array(z.string().check(z.minLength(1)));
const schema = z.strictObject({
  groups: z.optional(z.record(z.string(), names)),
  rules: z.array(
    z.strictObject({
      users: names,
      repositories: names,
      allow: z.array(z.enum(['pull', 'push', 'delete'])),
    }),
  ),
});

/**
 * Reads the permissions file: YAML or JSON (docs/registry.md, "Who may what"). A rule's users are names, `@GROUP`, `*` for
 * whoever has logged in and `anonymous` for everybody; what no rule allows is refused. Rejects: invalid-argument.
 */
export function parsePermissions(text: string): Permissions {
  const result = schema.safeParse(parseYaml(text));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new EngineError('invalid-argument', `${issue?.path.join('.') || 'the document'} is not what it must be`);
  }
  const { groups = {}, rules } = result.data;
  const compiled = rules.map(({ users, repositories, allow }) => ({
    users: new Set(users.flatMap((name) => (name.startsWith('@') ? findGroup(groups, name.slice(1)) : [name]))),
    globs: repositories.map(compileGlob),
    actions: new Set<Action>(allow),
  }));
  const isOf = (users: ReadonlySet<string>, user: string | undefined) =>
    users.has(ANONYMOUS) || (user !== undefined && (users.has('*') || users.has(user)));
  return {
    hasAnonymous: compiled.some(({ users, actions }) => users.has(ANONYMOUS) && actions.size > 0),
    may: (user, action, repository) =>
      compiled.some(
        ({ users, globs, actions }) =>
          actions.has(action) && isOf(users, user) && globs.some((matches) => matches(repository)),
      ),
  };
}

/** What holds without a file: everybody everything, or with passwords, everybody who has one. */
export function createDefaultPermissions(hasPasswords: boolean): Permissions {
  return { hasAnonymous: !hasPasswords, may: (user) => !hasPasswords || user !== undefined };
}

function findGroup(groups: Readonly<Record<string, readonly string[]>>, name: string): readonly string[] {
  const members = groups[name];
  if (members === undefined) throw new EngineError('invalid-argument', `there is no group "${name}"`);
  return members;
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new EngineError('invalid-argument', messageOf(cause), { cause });
  }
}
