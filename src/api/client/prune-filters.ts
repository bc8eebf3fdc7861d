import type { PruneFilter } from '../../engine/engine.js';

/** The filters of Docker's prune; undefined where there are none. */
export function toPruneFilters(
  { untilMs, labels = {}, withoutLabels = {} }: PruneFilter,
  more: Readonly<Record<string, readonly string[]>> = {},
): string | undefined {
  const words = (all: NonNullable<PruneFilter['labels']>) =>
    Object.entries(all).map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
  const filters = {
    ...(untilMs !== undefined && { until: [String(untilMs / 1000)] }),
    ...(Object.keys(labels).length > 0 && { label: words(labels) }),
    ...(Object.keys(withoutLabels).length > 0 && { 'label!': words(withoutLabels) }),
    ...more,
  };
  return Object.keys(filters).length === 0 ? undefined : JSON.stringify(filters);
}
