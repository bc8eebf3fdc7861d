import type { Command } from '../command.js';

/** Commands that change the host, or lead to where that is done. */
const CHANGING: ReadonlySet<Command> = new Set<Command>([
  'shell',
  'shell-full',
  'session-type',
  'session-new',
  'attach',
  'start-stop',
  'restart',
  'pause',
  'kill',
  'remove',
  'remove-force',
  'run',
  'bulk',
  'prune',
  'create-volume',
  'create-network',
  'connect',
  'disconnect',
  'pull',
  'push',
  'tag',
  'load',
  'login',
  'undo',
  'tune-less',
  'tune-more',
  'tune-less-ten',
  'tune-more-ten',
  'tune-less-fine',
  'tune-more-fine',
  'tune-max',
  'tune-peak',
  'tune-live',
  'tune-apply',
  'own-commands',
]);

export function isChanging(command: Command): boolean {
  return CHANGING.has(command);
}
