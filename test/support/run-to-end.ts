import type { Engine } from '../../src/engine/engine.js';
import type { ExecConfig } from '../../src/model/container.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import type { ContainerId } from '../../src/model/ids.js';
import { createContainer } from './contract-steps.js';

export interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A container of `busybox` from its start to its end, and what it wrote; then it is removed. Rejects where it cannot be started. */
export async function runToEnd(engine: Engine, config: Partial<ContainerConfig>): Promise<Run> {
  const id = await createContainer(engine, config);
  try {
    const streams = await engine.containers.attach(id, { stdout: true, stderr: true });
    const exit = engine.containers.wait(id, { condition: 'next-exit' });
    // Who waits for a container that does not start is told so by its removal.
    exit.catch(() => undefined);
    await engine.containers.start(id);
    const text = await readText(streams.output);
    return { ...text, exitCode: (await exit).exitCode };
  } finally {
    await engine.containers.remove(id, { force: true, volumes: true });
  }
}

/** A program in a container that runs, to its end. Rejects where it cannot be started. */
export async function executeToEnd(engine: Engine, id: ContainerId, config: ExecConfig): Promise<Run> {
  const exec = await engine.containers.createExec(id, config);
  const text = await readText((await engine.containers.startExec(exec, { stdout: true, stderr: true })).output);
  const { state } = await engine.containers.inspectExec(exec);
  return { ...text, exitCode: state.status === 'exited' ? state.exitCode : -1 };
}

async function readText(
  output: AsyncIterable<{ readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }>,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const text = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of output) text[stream] += Buffer.from(bytes).toString();
  return text;
}
