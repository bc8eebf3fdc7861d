import type { RunCommand } from '../command-spec.js';

export const man: RunCommand = async (call) => (await import('../man/write-pages.js')).writePages(call);
