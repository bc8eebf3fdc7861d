import { once } from 'node:events';
import { openLocalEngine } from '../../../src/engine/local-engine.js';
import type { ContainerConfig } from '../../../src/model/container-config.js';

/**
 * An engine process of its own, to be killed: `engine-steps OPTIONS STEP…`. Each STEP is the JSON of a verb and its arguments;
 * one line of JSON a step tells that it is done. Then it waits for its end.
 */
type Step =
  | { readonly run: Omit<ContainerConfig, 'image'> }
  | { readonly start: string }
  | { readonly remove: string }
  | { readonly exec: readonly string[]; readonly in: string };

const [options = '{}', ...steps] = process.argv.slice(2);
const engine = await openLocalEngine(JSON.parse(options));
const tell = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
tell({ opened: process.pid });
// Whoever traces it may need a moment: the steps begin with a line on stdin.
await once(process.stdin, 'data');
for (const step of steps.map((text) => JSON.parse(text) as Step)) {
  if ('run' in step) {
    const { id } = await engine.containers.create({ image: 'busybox', ...step.run });
    await engine.containers.start(id);
  } else if ('start' in step) {
    await engine.containers.start(step.start);
  } else if ('exec' in step) {
    const exec = await engine.containers.createExec(step.in, { command: step.exec });
    await engine.containers.startExec(exec, { stdout: true });
  } else {
    await engine.containers.remove(step.remove, { force: true, volumes: true });
  }
  tell(step);
}
setInterval(() => {}, 1_000_000);
