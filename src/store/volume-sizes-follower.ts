import type { Engine } from '../engine/engine.js';
import { createCoalescer } from './coalescer.js';
import type { ResourcesStore } from './resources-store.js';
import type { ViewStore } from './view-store.js';

/** A list that comes into view and goes at once is not measured. */
const SETTLE_MS = 80;

export interface FollowedVolumes {
  readonly resources: ResourcesStore;
  readonly view: ViewStore;
}

/** Measures volumes when their list becomes the current one, and what comes while it is; a walk through all their files each. */
export function startVolumeSizesFollower(
  engine: Engine,
  { resources, view }: FollowedVolumes,
  signal: AbortSignal,
): void {
  let isShown = false;
  let seen = resources.getState().volumes;
  const settle = createCoalescer<'volumes'>(SETTLE_MS, async () => {
    const names = resources.getState().volumes.map(({ name }) => name);
    // What cannot be measured is shown as unknown.
    const sizes = await engine.volumes.readSizes?.(names).catch(() => undefined);
    if (sizes !== undefined && !signal.aborted) resources.setState({ volumeBytes: sizes });
  });
  const check = () => {
    const { volumes } = resources.getState();
    const isCurrent = view.getState().list === 'volumes';
    if (isCurrent && (!isShown || volumes !== seen)) settle.add('volumes');
    isShown = isCurrent;
    seen = volumes;
  };
  const stops = [resources.subscribe(check), view.subscribe(check)];
  signal.addEventListener(
    'abort',
    () => {
      for (const stop of stops) stop();
      settle.close();
    },
    { once: true },
  );
}
