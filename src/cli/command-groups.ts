import type { HelpEntry } from './help.js';

/** The first words of commands of two. */
export const GROUPS: readonly HelpEntry[] = [
  { name: 'container', summary: 'Manage containers' },
  { name: 'context', summary: 'Manage names of engines' },
  { name: 'image', summary: 'Manage images' },
  { name: 'manifest', summary: 'Look at what registries have' },
  { name: 'network', summary: 'Manage networks' },
  { name: 'registry', summary: 'Serve images to others' },
  { name: 'system', summary: 'Manage the engine' },
  { name: 'volume', summary: 'Manage volumes' },
];
