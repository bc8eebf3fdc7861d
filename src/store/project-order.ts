import type { Container } from '../model/container.js';
import { projectOf, serviceOf } from './project-rows.js';

/**
 * The label by which docker compose notes what a service depends on: `service:condition:restart`, by commas. Whether a dependency is
 * required it does not note; compose takes each for that.
 */
const DEPENDENCIES_LABEL = 'com.docker.compose.depends_on';

/** What a dependency has to be before a container is started that depends on it. */
export type DependencyCondition = 'started' | 'healthy' | 'completed';

export interface Dependency {
  readonly container: Container;
  readonly condition: DependencyCondition;
}

/** What each container depends on; those without a dependency are not in it. */
export type Dependencies = ReadonlyMap<Container, readonly Dependency[]>;

/** What containers of a project depend on among themselves. What closes a circle, which compose refuses, is left out. */
export function readDependencies(members: readonly Container[]): Dependencies {
  const byService = Map.groupBy(members, (member) => serviceKey(member));
  const found = new Map<Container, readonly Dependency[]>();
  const visited = new Set<Container>();
  const visit = (container: Container, path: ReadonlySet<string>) => {
    if (visited.has(container)) return;
    visited.add(container);
    const within = new Set([...path, serviceKey(container)]);
    const dependencies = parseLabel(container).flatMap(([service, condition]) => {
      const key = serviceKey(container, service);
      return within.has(key) ? [] : (byService.get(key) ?? []).map((each) => ({ container: each, condition }));
    });
    if (dependencies.length > 0) found.set(container, dependencies);
    for (const dependency of dependencies) visit(dependency.container, within);
  };
  for (const member of members) visit(member, new Set());
  return found;
}

function serviceKey(container: Container, service = serviceOf(container) ?? container.name): string {
  return `${projectOf(container) ?? ''} ${service}`;
}

const CONDITIONS: Readonly<Record<string, DependencyCondition>> = {
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
};

function parseLabel({ config }: Container): readonly (readonly [service: string, condition: DependencyCondition])[] {
  const parts = (config.labels?.[DEPENDENCIES_LABEL] ?? '').split(',').filter((part) => part.trim() !== '');
  return parts.map((part) => {
    const [service = '', condition = ''] = part.trim().split(':');
    return [service, CONDITIONS[condition] ?? 'started'];
  });
}
