import type { PortBinding } from '../../model/container-config.js';
import { messageOf } from '../../model/errors.js';
import { isAlive } from '../../store/list-rows.js';
import type { CommandContext } from './command-context.js';
import { openMenu } from './questions.js';

/** Opens a published port of the selected container in the browser, or copies its address where there is none. */
export function openPort(context: CommandContext): void {
  const { workspace } = context;
  const container = workspace.selectedContainer();
  if (container === undefined) return;
  const published = (isAlive(container) && container.publishedPorts) || [];
  const urls = [...new Set(published.flatMap(toUrl))];
  const [first] = urls;
  if (first === undefined) workspace.view.say('info', `${container.name} publishes no TCP port`);
  else if (urls.length === 1) void openUrl(context, first);
  else
    openMenu(
      workspace,
      `Open a port of ${container.name}`,
      urls.map((url) => toItem(context, url)),
    );
}

function toItem(context: CommandContext, url: string) {
  return { label: url, hint: '', choose: () => void openUrl(context, url) };
}

/** 443 and 8443 in the container are of TLS by convention, all others taken for HTTP. */
function toUrl({ hostIp = '', hostPort, containerPort, protocol }: PortBinding): readonly string[] {
  if (protocol !== 'tcp' || hostPort === undefined) return [];
  const scheme = containerPort === 443 || containerPort === 8443 ? 'https' : 'http';
  const isAny = hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::';
  const host = isAny ? 'localhost' : hostIp.includes(':') ? `[${hostIp}]` : hostIp;
  return [`${scheme}://${host}:${hostPort}`];
}

async function openUrl({ workspace, programs, copy }: CommandContext, url: string): Promise<void> {
  try {
    if (await programs.openUrl(url)) {
      workspace.view.say('ok', `${url} is opened`);
      return;
    }
  } catch (error) {
    workspace.view.say('error', `${url}: ${messageOf(error)}`);
    return;
  }
  copy(url);
  workspace.view.say('ok', `${url} is copied: there is no browser here`);
}
