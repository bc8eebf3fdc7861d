import type { ContainerEndpoint } from '../../model/container.js';
import type { InterfaceMetric, Metric, StatsHistory } from '../../store/stats-history.js';

/** What counts a container's bytes in one network. */
export interface TrafficMetrics {
  readonly in: Metric | InterfaceMetric;
  readonly out: Metric | InterfaceMetric;
}

/** Those of its interface there; of all its interfaces together where the endpoint does not tell them apart. */
export function trafficMetrics(
  { interfaceName }: Pick<ContainerEndpoint, 'interfaceName'>,
  history: StatsHistory | undefined,
): TrafficMetrics {
  const isTold = history?.latest?.network?.interfaces !== undefined;
  if (interfaceName === undefined || !isTold) return { in: 'networkIn', out: 'networkOut' };
  return { in: `in ${interfaceName}`, out: `out ${interfaceName}` };
}
