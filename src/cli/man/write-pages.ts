import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CommandCall } from '../command-spec.js';
import { listManPages } from './list-pages.js';

/** Writes every page into a folder, which is made where it is missing. */
export function writePages({ cli, args: [folder = ''] }: CommandCall): number {
  const target = resolve(cli.workingDir, folder);
  mkdirSync(target, { recursive: true });
  for (const { file, text } of listManPages(cli.commands)) writeFileSync(join(target, file), text);
  return 0;
}
