import { errnoOf } from './kernel-file.js';

/** Sends a signal, by number or name. A process that has ended by itself needs none any more: that is fine. Throws what else kill(2) answers. */
export function signalProcess(pid: number, signal: number | NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
