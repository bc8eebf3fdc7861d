import type { CreatedNetwork, Engine } from '../engine/engine.js';
import type { Container } from '../model/container.js';
import type { NetworkAttachment } from '../model/container-config.js';
import { EngineError, messageOf } from '../model/errors.js';
import type { NetworkId } from '../model/ids.js';
import { omitUndefined } from '../model/omit-undefined.js';
import { createAttempt, createPerformer, type Tellers } from './attempt.js';
import { type NetworkForm, parseNetworkForm } from './network-form.js';

type Named = Pick<Container, 'id' | 'name'>;

/** What a container is to have in a network. Nothing of it is checked yet. */
export type AskedAttachment = Pick<NetworkAttachment, 'aliases' | 'ipAddress' | 'ip6Address'>;

export interface NetworkActions {
  createNetwork(form: NetworkForm): Promise<{ readonly id: NetworkId } | { readonly failure: string }>;
  removeNetwork(name: string): Promise<boolean>;
  /** Gives what is wrong; undefined: the container is in it. */
  connect(network: string, container: Named, attachment: AskedAttachment): Promise<string | undefined>;
  disconnect(network: string, container: Named): Promise<boolean>;
  /** Names of what `pruneNetworks` would remove; undefined where it cannot be told (the status line says why). */
  previewNetworkPrune(): Promise<readonly string[] | undefined>;
  /** Those of the user's that no container is in. */
  pruneNetworks(): Promise<boolean>;
}

export function createNetworkActions({ networks }: Engine, tellers: Tellers): NetworkActions {
  const attempt = createAttempt(tellers);
  const perform = createPerformer(tellers);
  return {
    createNetwork: (form) => createNetwork(form, networks, tellers),
    removeNetwork: (name) => perform(['gantry', 'network', 'rm', name], `${name} removed`, () => networks.remove(name)),
    connect: (network, container, { aliases = [], ipAddress, ip6Address }) => {
      const args = [
        ...aliases.flatMap((alias) => ['--alias', alias]),
        ...(ipAddress === undefined ? [] : ['--ip', ipAddress]),
        ...(ip6Address === undefined ? [] : ['--ip6', ip6Address]),
      ];
      const attachment = omitUndefined({ aliases: aliases.length === 0 ? undefined : aliases, ipAddress, ip6Address });
      return attempt(
        ['gantry', 'network', 'connect', ...args, network, container.name],
        `${container.name} is in ${network}`,
        () => networks.connect(network, container.id, attachment),
      );
    },
    disconnect: (network, container) =>
      perform(
        ['gantry', 'network', 'disconnect', network, container.name],
        `${container.name} is no longer in ${network}`,
        () => networks.disconnect(network, container.id),
      ),
    previewNetworkPrune: async () => {
      try {
        const { removed } = await networks.prune({ preview: true });
        return removed;
      } catch (error) {
        tellers.view.say('error', messageOf(error));
        return undefined;
      }
    },
    pruneNetworks: async () => {
      let removed: readonly string[] = [];
      const failure = await attempt(['gantry', 'network', 'prune', '--force'], '', async () => {
        ({ removed } = await networks.prune());
        if (removed.length === 0)
          throw new EngineError('not-modified', 'no network was removed: all have come into use');
      });
      if (failure === undefined) tellers.view.say('ok', `Deleted Networks: ${removed.join(', ')}`);
      return failure === undefined;
    },
  };
}

async function createNetwork(
  form: NetworkForm,
  networks: Engine['networks'],
  tellers: Tellers,
): ReturnType<NetworkActions['createNetwork']> {
  let parsed: ReturnType<typeof parseNetworkForm>;
  try {
    parsed = parseNetworkForm(form);
  } catch (error) {
    return { failure: messageOf(error) };
  }
  const { args, config } = parsed;
  let made: CreatedNetwork | undefined;
  const failure = await createAttempt(tellers)(args, `${config.name} made`, async () => {
    made = await networks.create(config);
  });
  if (made === undefined) return { failure: failure ?? '' };
  if (made.warnings.length > 0) tellers.view.say('info', made.warnings.join('; '));
  return { id: made.id };
}
