import type { NetworkService } from '../engine.js';
import type { ContainerParts } from './container-parts.js';

/** The verbs of networks, and those of them that change a container; loaded when they are asked for. */
export function createNetworkVerbs(parts: ContainerParts): NetworkService {
  const open = async () => {
    const { createNetworkService } = await import('../networks/network-service.js');
    return createNetworkService(await parts.networks.open());
  };
  return {
    list: async () => (await open()).list(),
    inspect: async (ref) => (await open()).inspect(ref),
    create: async (config) => (await open()).create(config),
    remove: async (ref) => (await open()).remove(ref),
    prune: async (options) => (await open()).prune(options),
    check: async (options) => {
      const { removeStrays } = await import('../networks/remove-strays.js');
      const { checkFirewall } = await import('./restore-firewall.js');
      const strays = await removeStrays(await parts.networks.open(), options);
      return [...strays, ...(await checkFirewall(parts, options))];
    },
    connect: async (ref, container, attachment) => {
      const { connectContainer } = await import('./connect.js');
      await connectContainer(parts, ref, { container, attachment });
    },
    disconnect: async (ref, container, options) => {
      const { disconnectContainer } = await import('./connect.js');
      await disconnectContainer(parts, ref, { container, ...options });
    },
  };
}
