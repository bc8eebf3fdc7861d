import type { RunCommand } from '../command-spec.js';

export const daemon: RunCommand = async (call) => (await import('../daemon/run-daemon.js')).runDaemon(call);
