import type { Container } from '../../model/container.js';
import type { Network } from '../../model/network.js';
import { isPredefinedName } from '../../model/network-names.js';
import type { MenuItem } from '../../store/dialog.js';
import { makeField, makeForm, makeSwitch } from '../../store/form.js';
import { isAlive } from '../../store/list-rows.js';
import { findEndpoint, findMembers } from '../../store/network-rows.js';
import { splitWords } from '../../store/split-words.js';
import type { Workspace } from '../../store/workspace.js';
import { keyHint } from '../keymap.js';
import type { KeyedContext } from './command-context.js';
import { nameSome, openConfirm, openMenu } from './questions.js';

const DRIVERS = ['bridge', 'macvlan', 'ipvlan'];

/** Asks for all that a network is made of. */
export function openCreateNetwork(workspace: Workspace): void {
  workspace.view.setState({
    dialog: makeForm({
      title: 'Make a network',
      lines: [],
      verb: 'make',
      fields: [
        makeField({ label: 'name', hint: 'app' }),
        makeField({
          label: 'driver',
          hint: 'bridge',
          complete: (text) => (text === '' ? [] : DRIVERS.filter((driver) => driver.startsWith(text))),
        }),
        makeField({ label: 'subnet', hint: '10.9.0.0/24; empty: a free one is found' }),
        makeField({ label: 'gateway', hint: "the subnet's first address" }),
        makeField({ label: 'range', hint: '10.9.0.128/25: addresses of containers come from here' }),
        makeSwitch({ label: 'IPv6', hint: 'addresses of both versions' }),
        makeSwitch({ label: 'internal', hint: 'no way out, and none in' }),
        makeField({ label: 'options', hint: 'com.docker.network.bridge.name=br0 …' }),
        makeField({ label: 'labels', hint: 'key=value …' }),
      ],
      submit: async ([name = '', driver = '', subnets = '', gateways = '', ranges = '', ...rest]) => {
        const [ipv6 = '', internal = '', options = '', labels = ''] = rest;
        const isIpv6 = ipv6 !== '';
        const isInternal = internal !== '';
        const made = await workspace.actions.createNetwork({
          ...{ name, driver, subnets, gateways, ranges, isIpv6, isInternal, options, labels },
        });
        if ('failure' in made) return made.failure;
        workspace.view.setState({ list: 'networks', focus: 'networks' });
        workspace.view.setList('networks', { selectedKey: made.id, filter: '' });
        return undefined;
      },
    }),
  });
}

/** Puts a container into a network: into the selected one, or the selected container into one of those that it is not in. */
export function openConnect({ workspace, bindings }: KeyedContext): void {
  const { view, containers, resources, selectedNetwork, selectedContainer } = workspace;
  const { list } = view.getState();
  if (list === 'networks') {
    const network = selectedNetwork();
    if (network === undefined) return;
    const all = [...containers.getState().byId.values()];
    const items = all
      .filter((container) => findEndpoint(container, network) === undefined)
      .map((container) => ({
        label: container.name,
        hint: describeNetworks(container),
        choose: () => askForAttachment(workspace, network, container),
      }));
    choose(workspace, { title: `Connect to ${network.name}`, items, empty: 'every container is in it' });
    return;
  }
  const container = list === 'containers' ? selectedContainer() : undefined;
  if (container === undefined) {
    view.say('info', 'no container is selected');
    return;
  }
  const items = resources
    .getState()
    .networks.filter((network) => findEndpoint(container, network) === undefined && isConnectable(network))
    .map((network) => ({
      label: network.name,
      hint: describeNetwork(network),
      choose: () => askForAttachment(workspace, network, container),
    }));
  choose(workspace, {
    title: `Connect ${container.name} to`,
    items,
    empty: `it is in every network${keyHint(bindings, 'create-network', 'makes one, in the list of networks', 'networks')}`,
  });
}

/** Takes a container out of the selected network, or the selected container out of one of its networks, after a question. */
export function openDisconnect(workspace: Workspace): void {
  const { view, containers, resources, selectedNetwork, selectedContainer } = workspace;
  const { list } = view.getState();
  if (list === 'networks') {
    const network = selectedNetwork();
    if (network === undefined) return;
    const items = findMembers(containers.getState(), network).map(({ container, endpoint }) => ({
      label: container.name,
      hint: endpoint.ipAddress ?? container.state.status,
      choose: () => confirmDisconnect(workspace, network, container),
    }));
    choose(workspace, { title: `Disconnect from ${network.name}`, items, empty: 'no container is in it' });
    return;
  }
  const container = list === 'containers' ? selectedContainer() : undefined;
  if (container === undefined) {
    view.say('info', 'no container is selected');
    return;
  }
  const items = resources.getState().networks.flatMap((network) => {
    const endpoint = findEndpoint(container, network);
    if (endpoint === undefined) return [];
    const disconnect = () => confirmDisconnect(workspace, network, container);
    return [{ label: network.name, hint: endpoint.ipAddress ?? describeNetwork(network), choose: disconnect }];
  });
  choose(workspace, { title: `Disconnect ${container.name} from`, items, empty: 'it is in no network' });
}

interface Choice {
  readonly title: string;
  readonly items: readonly MenuItem[];
  readonly empty: string;
}

function choose(workspace: Workspace, { title, items, empty }: Choice): void {
  if (items.length === 0) workspace.view.say('info', empty);
  else openMenu(workspace, title, items);
}

/** No container comes into the host's network, or into none, later than it was made. */
function isConnectable({ driver }: Network): boolean {
  return driver !== 'host' && driver !== 'none';
}

function describeNetwork({ driver, pools }: Network): string {
  return [driver, ...pools.map(({ subnet }) => subnet)].join(' ');
}

function describeNetworks({ networks, state }: Container): string {
  return [state.status, ...networks.map(({ networkName }) => networkName)].join(' ');
}

function askForAttachment(workspace: Workspace, network: Network, container: Container): void {
  const { view, actions } = workspace;
  const lines = [isAlive(container) ? 'It runs, and has an interface more at once.' : 'It has it when it runs.'];
  view.setState({
    dialog: makeForm({
      title: `Connect ${container.name} to ${network.name}`,
      lines,
      verb: 'connect',
      fields: [
        makeField({ label: 'aliases', hint: 'names that others find it by, too' }),
        makeField({ label: 'ip', hint: 'empty: one that is free' }),
        ...(network.enableIpv6 ? [makeField({ label: 'ip6', hint: 'empty: one that is free' })] : []),
      ],
      submit: ([aliases = '', ip = '', ip6 = '']) =>
        actions.connect(network.name, container, {
          aliases: splitWords(aliases),
          ...(ip === '' ? {} : { ipAddress: ip }),
          ...(ip6 === '' ? {} : { ip6Address: ip6 }),
        }),
    }),
  });
}

function confirmDisconnect(workspace: Workspace, network: Network, container: Container): void {
  const address = findEndpoint(container, network)?.ipAddress;
  openConfirm(workspace, {
    question: `Disconnect ${container.name} from ${network.name}?`,
    lines: [
      address === undefined
        ? 'It is not in it any more when it runs again.'
        : `It loses ${address}, and connections through it end.`,
    ],
    verb: 'disconnect',
    confirm: () => void workspace.actions.disconnect(network.name, container),
  });
}

/** The networks that an action is for: all marked ones, else the selected one. */
export function networkTargets({ view, resources, selectedNetwork }: Workspace): readonly Network[] {
  const { markedNetworks } = view.getState();
  const marked = resources.getState().networks.filter(({ id }) => markedNetworks.has(id));
  if (marked.length > 0) return marked;
  const selected = selectedNetwork();
  return selected === undefined ? [] : [selected];
}

/** Removes networks after a question; whether it can be is the engine's to say. */
export function removeNetworks(workspace: Workspace): void {
  const { view, containers } = workspace;
  const networks = networkTargets(workspace);
  if (networks.length === 0) return;
  const members = networks.flatMap((network) => findMembers(containers.getState(), network));
  const names = [...new Set(members.map(({ container }) => container.name))];
  openConfirm(workspace, {
    question: `Remove ${nameSome(networks.map(({ name }) => name))}?`,
    lines: [names.length === 0 ? 'No container is in it.' : `In it: ${nameSome(names)}.`],
    verb: 'remove',
    confirm: () => {
      view.setState({ markedNetworks: new Set() });
      void removeAll(workspace, networks);
    },
  });
}

/** One after another; of several, those that could not be are told at the end, with the first refusal. */
async function removeAll({ actions, view }: Workspace, networks: readonly Network[]): Promise<void> {
  const refused: string[] = [];
  let why = '';
  for (const { name } of networks) {
    if (await actions.removeNetwork(name)) continue;
    if (refused.length === 0) why = view.getState().status?.text ?? '';
    refused.push(name);
  }
  if (networks.length > 1 && refused.length > 0) view.say('error', `${nameSome(refused)} not removed: ${why}`);
}

/** Says what a prune would remove, as the engine tells it, and asks. */
export async function pruneNetworks(workspace: Workspace): Promise<void> {
  const { view, actions, resources } = workspace;
  const names = await actions.previewNetworkPrune();
  if (names === undefined) return;
  if (names.length === 0) {
    const own = resources.getState().networks.filter(({ name }) => !isPredefinedName(name)).length;
    view.say(
      'info',
      own === 0 ? 'no networks of your own: nothing to prune' : 'every network has a container: nothing to prune',
    );
    return;
  }
  openConfirm(workspace, {
    question: `Remove ${names.length} unused network${names.length === 1 ? '' : 's'}?`,
    lines: [nameSome(names, 12)],
    verb: 'remove',
    confirm: () => void actions.pruneNetworks(),
  });
}
