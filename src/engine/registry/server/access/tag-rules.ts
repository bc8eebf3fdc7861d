import { compileGlob } from '../../../../model/glob.js';

/** Which tags keep what they point to. */
export interface TagRules {
  isImmutable(repository: string, tag: string): boolean;
}

/**
 * Each pattern is `[REPOSITORY:]TAG` with globs, as `v*` or `release/**:*`; a tag that one of them fits can be made, and
 * neither moved nor deleted.
 */
export function createTagRules(patterns: readonly string[]): TagRules {
  const rules = patterns.map((pattern) => {
    const colon = pattern.lastIndexOf(':');
    const repository = colon < 0 ? '**' : pattern.slice(0, colon);
    return { hasRepository: compileGlob(repository), hasTag: compileGlob(pattern.slice(colon + 1)) };
  });
  return {
    isImmutable: (repository, tag) =>
      rules.some(({ hasRepository, hasTag }) => hasRepository(repository) && hasTag(tag)),
  };
}
