import type { Network } from '../../model/network.js';
import { findMembers, inspectNetwork, type Membership } from '../../store/network-rows.js';
import { NETWORK_TABS, type NetworkTab } from '../../store/view-store.js';
import type { PaintContext } from '../paint-context.js';
import { joinCells, joinTitles, placeColumns } from '../rows/columns.js';
import { formatAge } from '../rows/format.js';
import { drawFrame, insideOfFrame } from '../rows/frame.js';
import { labelledLines } from '../rows/labelled-lines.js';
import { memberColumns } from '../rows/member-columns.js';
import { kindOf } from '../rows/network-columns.js';
import { drawScrolled, scrollNotes } from '../rows/scrolled-lines.js';
import { fitText, sanitizeText } from '../terminal/ansi-text.js';
import { colourJson, detailTitle } from './detail-text.js';
import { type LineWindow, trafficBelow, trafficLines } from './traffic-graphs.js';

export const NETWORK_TAB_NAMES: Readonly<Record<NetworkTab, string>> = {
  network: 'Network',
  traffic: 'Traffic',
  inspect: 'Inspect',
};

/** The details of the selected network, with their tabs in the title. */
export function paintNetworkPane(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme, glyphs } = context;
  const { networkTab, scrolled } = workspace.view.getState();
  const named = sanitizeText(workspace.selectedNetwork()?.name ?? 'nothing selected');
  const tabs = NETWORK_TABS.map((tab) =>
    tab === networkTab
      ? theme.style('tab', `[${NETWORK_TAB_NAMES[tab]}]`)
      : theme.style('muted', NETWORK_TAB_NAMES[tab]),
  );
  const name = theme.style('title', fitText(named, Math.max(6, width - 40), 'left', glyphs.ellipsis).trimEnd());
  const inside = insideOfFrame({ width, height });
  const lines = networkLines(context, inside.width, { top: scrolled.detail.top, height: inside.height });
  return drawFrame(
    {
      width,
      height,
      isFocused,
      title: detailTitle(name, tabs, NETWORK_TABS.indexOf(networkTab), width),
      notesBelow: scrollNotes(context, 'detail', lines, inside),
      content: () => drawScrolled(context, 'detail', lines, inside),
    },
    theme,
    glyphs,
  );
}

/** All lines of the tab in front; the pane scrolls over them. Of containers only those in the window are drawn. */
export function networkLines(context: PaintContext, width: number, window: LineWindow): readonly string[] {
  const { workspace } = context;
  const network = workspace.selectedNetwork();
  if (network === undefined) return [];
  const members = findMembers(workspace.containers.getState(), network);
  switch (workspace.view.getState().networkTab) {
    case 'network': {
      const facts = [...factLines(context, network), ''];
      const lines = [...facts, ...memberLines(context, members, width, { ...window, top: window.top - facts.length })];
      return [...lines, ...trafficBelow(context, members, width, window.height - lines.length)];
    }
    case 'traffic':
      return trafficLines(context, members, width, window);
    case 'inspect':
      return inspectNetwork(network, members).map((line) => colourJson(context, line));
  }
}

function factLines(context: PaintContext, network: Network): readonly string[] {
  const { name, driver, pools, interfaceName, id, createdAtMs, options, labels } = network;
  const age = createdAtMs === 0 ? '' : `, made ${formatAge(context.now() - createdAtMs)} ago`;
  return labelledLines(context, [
    ['network', `${name} ${id.slice(0, 12)}${age}`],
    ['driver', [driver, ...kindOf(network)].join(', ') + (interfaceName === undefined ? '' : ` at ${interfaceName}`)],
    ...(pools.length === 0 ? [['subnet', '-'] as const] : pools.map((pool) => ['subnet', formatPool(pool)] as const)),
    ...Object.entries(options).map(([key, value]) => ['option', `${key}=${value}`] as const),
    ...Object.entries(labels).map(([key, value]) => ['label', `${key}=${value}`] as const),
  ]);
}

function formatPool({ subnet, gateway, ipRange, auxAddresses = {} }: Network['pools'][number]): string {
  return [
    subnet,
    ...(gateway === undefined ? [] : [`gateway ${gateway}`]),
    ...(ipRange === undefined ? [] : [`range ${ipRange}`]),
    ...Object.entries(auxAddresses).map(([name, address]) => `${name}=${address}`),
  ].join('  ');
}

function memberLines(
  context: PaintContext,
  members: readonly Membership[],
  width: number,
  { top, height }: LineWindow,
): readonly string[] {
  const { theme, glyphs } = context;
  if (members.length === 0) return [theme.style('muted', 'no container is in it')];
  const placed = placeColumns(memberColumns(context, members), width);
  // The pane shows its last lines where it was scrolled further.
  const first = Math.min(top, members.length + 1 - height);
  return [
    theme.style('muted', joinTitles(placed, glyphs.ellipsis)),
    ...members.map((member, i) =>
      i + 1 >= first && i + 1 < Math.max(first, 0) + height ? joinCells(placed, member, glyphs.ellipsis) : '',
    ),
  ];
}
