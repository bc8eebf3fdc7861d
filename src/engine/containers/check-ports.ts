import type { ContainerConfig } from '../../model/container-config.js';
import type { ImageConfig } from '../../model/image.js';

/**
 * What becomes of ports that are to be published: all that the image exposes too where all are asked for. With a network of no use to
 * them Docker discards them and says so.
 */
export function checkPorts(
  config: ContainerConfig,
  image: Pick<ImageConfig, 'exposedPorts'>,
): {
  readonly config: ContainerConfig;
  readonly warnings: readonly string[];
} {
  const { ports = [], publishAll, ...rest } = config;
  const exposesAny = [...(config.exposedPorts ?? []), ...(image.exposedPorts ?? [])].length > 0;
  const mode = config.namespaces?.network ?? 'default';
  if (ports.length === 0 && !(publishAll === true && exposesAny)) return { config, warnings: [] };
  if (mode === 'none' || mode === 'host') {
    const exposed = ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`);
    return {
      config: { ...rest, exposedPorts: [...new Set([...(config.exposedPorts ?? []), ...exposed])] },
      warnings: [`Published ports are discarded when using ${mode} network mode`],
    };
  }
  if (publishAll !== true) return { config, warnings: [] };
  const exposedPorts = [...new Set([...(config.exposedPorts ?? []), ...(image.exposedPorts ?? [])])];
  return { config: { ...config, exposedPorts }, warnings: [] };
}
