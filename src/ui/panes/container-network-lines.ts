import type { Container, ContainerEndpoint } from '../../model/container.js';
import { isAlive } from '../../store/list-rows.js';
import { withPrefix } from '../../store/network-rows.js';
import type { PaintContext } from '../paint-context.js';
import { formatRate } from '../rows/format.js';
import { labelledLines } from '../rows/labelled-lines.js';
import { formatPublished } from '../rows/port-text.js';
import { trafficMetrics } from '../rows/traffic.js';

type Entry = readonly [label: string, value: string];

/** Published ports, and of each network its addresses, gateway, MAC and names there, and what comes and goes. */
export function containerNetworkLines(context: PaintContext, container: Container): readonly string[] {
  const { networks, config } = container;
  const mode = config.namespaces?.network ?? '';
  const shared: readonly Entry[] =
    networks.length > 0 ? [] : [['network', mode.startsWith('container:') ? `that of ${mode.slice(10)}` : mode || '-']];
  const lines = labelledLines(context, [
    ...portEntries(context, container),
    ...shared,
    ...(config.hostname === undefined ? [] : [['hostname', config.hostname] as const]),
    ...(config.dns === undefined ? [] : [['dns', config.dns.join(' ')] as const]),
    ...(config.extraHosts ?? []).map((host): Entry => ['host', host]),
  ]);
  const places = networks.flatMap((endpoint) => ['', ...endpointLines(context, container, endpoint)]);
  return [...lines, ...places];
}

/** Of one that does not run what it asks for. */
function portEntries({ glyphs }: PaintContext, container: Container): readonly Entry[] {
  const { config, publishedPorts = [] } = container;
  const ports = isAlive(container) ? publishedPorts : (config.ports ?? []);
  const text = formatPublished(ports, glyphs.arrow) || 'none published';
  const isOpen = (port: string) => ports.some((one) => `${one.containerPort}/${one.protocol}` === port);
  const exposed = (config.exposedPorts ?? []).filter((port) => !isOpen(port));
  const { publishAll = false } = config;
  return [
    ['ports', isAlive(container) || ports.length === 0 ? text : `${text} when it runs`],
    ...(exposed.length === 0
      ? []
      : [
          [
            'exposed',
            `${exposed.join(' ')}${publishAll && !isAlive(container) ? ' (published when it runs)' : ''}`,
          ] as const,
        ]),
  ];
}

function endpointLines(context: PaintContext, container: Container, endpoint: ContainerEndpoint): readonly string[] {
  const { theme } = context;
  const { networkName, interfaceName, ipAddress, prefixLength, ip6Address, ip6PrefixLength, attachment } = endpoint;
  const at = interfaceName === undefined || !isAlive(container) ? '' : ` at ${interfaceName}`;
  const optional = (label: string, value: string | undefined): readonly Entry[] =>
    value === undefined || value === '' ? [] : [[label, value]];
  return [
    theme.style('title', `${networkName}${at}`),
    ...labelledLines(context, [
      ['address', withPrefix(ipAddress, prefixLength) ?? (isAlive(container) ? '-' : asked(attachment.ipAddress))],
      ...optional('gateway', endpoint.gateway),
      ...optional('IPv6', withPrefix(ip6Address, ip6PrefixLength) ?? attachment.ip6Address),
      ...optional('gateway', endpoint.ip6Gateway),
      ...optional('MAC', endpoint.macAddress ?? attachment.macAddress),
      ...optional('aliases', attachment.aliases?.join(' ')),
      ...optional('links', attachment.links?.join(' ')),
      ...optional('traffic', trafficText(context, container, endpoint)),
    ]),
  ];
}

function asked(address: string | undefined): string {
  return address === undefined ? 'when it runs' : `${address} when it runs`;
}

function trafficText(
  { workspace, glyphs }: PaintContext,
  container: Container,
  endpoint: ContainerEndpoint,
): string | undefined {
  const history = workspace.stats.getState().histories.get(container.id);
  if (history === undefined || !isAlive(container)) return undefined;
  const metrics = trafficMetrics(endpoint, history);
  return `${glyphs.down}${formatRate(history.value(metrics.in))} ${glyphs.up}${formatRate(history.value(metrics.out))}/s`;
}
