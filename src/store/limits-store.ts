import { getSystemErrorMap } from 'node:util';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Engine, LimitsPreview } from '../engine/engine.js';
import type { Container } from '../model/container.js';
import { messageOf } from '../model/errors.js';
import type { ContainerId } from '../model/ids.js';
import type { Limits, LimitsPatch } from '../model/limits.js';
import { toLimitAttributes } from '../model/limits-change.js';
import { formatBinaryBytes } from '../model/units.js';
import { createCoalescer } from './coalescer.js';
import type { CommandLogStore } from './command-log-store.js';
import type { LimitField } from './limit-fields.js';
import { describeLimitsChange } from './limits-change-text.js';
import { formatUpdateCommand } from './update-command.js';
import type { ViewStore } from './view-store.js';

const PREVIEW_DELAY_MS = 60;
/** What is moved while the kernel is written goes along with the next write. */
const LIVE_DELAY_MS = 0;
const KEPT_UNDO = 50;
/** Live changes closer together than this are undone in one step. */
const MERGE_MS = 1500;

/** A change of limits that was made; `before` takes it back. */
export interface LimitsChange {
  readonly containerId: ContainerId;
  readonly containerName: string;
  readonly before: LimitsPatch;
  readonly after: LimitsPatch;
  readonly atMs: number;
}

/** What the engine says of a draft; `above-host`: the kernel takes it, and the host does not have so much. */
export interface DraftPreview {
  readonly outcome: LimitsPreview['outcome'] | 'above-host';
  readonly message: string;
}

export interface LimitsState {
  readonly containerId: ContainerId | undefined;
  /** What the sliders stand on and the kernel has not been told. */
  readonly draft: LimitsPatch;
  readonly field: LimitField;
  readonly isLive: boolean;
  readonly isApplying: boolean;
  readonly preview: DraftPreview | undefined;
  /** Newest last. */
  readonly undo: readonly LimitsChange[];
}

export type LimitsStore = StoreApi<LimitsState> & {
  /** The container whose limits are tuned; another one drops the draft. */
  select(id: ContainerId | undefined): void;
  setDraft(container: Container, patch: LimitsPatch): void;
  dropDraft(): void;
  /** What applying the draft would do, asked anew. */
  check(container: Container): Promise<DraftPreview>;
  apply(container: Container): Promise<void>;
  undoLast(): Promise<void>;
  close(): void;
};

export interface LimitsStoreNeeds {
  readonly engine: Engine;
  readonly view: ViewStore;
  readonly commands: CommandLogStore;
  /** Undefined as long as the engine has not told. */
  hostMemoryBytes(): number | undefined;
  /** Called with what the kernel gave back, so that list and limit line show it at once. */
  onApplied(id: ContainerId, limits: Limits): void;
}

/** Sliders, their preview, the writing with read-back, and the way back. */
export function createLimitsStore(needs: LimitsStoreNeeds): LimitsStore {
  const store = createStore<LimitsState>(() => ({
    containerId: undefined,
    draft: {},
    field: 'memory',
    isLive: false,
    isApplying: false,
    preview: undefined,
    undo: [],
  }));
  const write = createWriter(needs);
  const apply = async (container: Container) => {
    const { draft, containerId } = store.getState();
    if (containerId !== container.id || Object.keys(draft).length === 0) return;
    store.setState({ isApplying: true });
    const applied = await write(container, draft);
    store.setState((state) => ({
      isApplying: false,
      ...(applied === undefined ? {} : { undo: pushChange(state.undo, applied, state.isLive) }),
      // A slider that moved on while the kernel was written keeps its newer place.
      ...(applied !== undefined && state.draft === draft ? { draft: {}, preview: undefined } : {}),
    }));
  };
  const check = async (container: Container) => {
    const { draft } = store.getState();
    const preview = await readPreview(needs, container.id, draft);
    if (store.getState().draft === draft) store.setState({ preview });
    return preview;
  };
  const previews = createCoalescer<Container>(PREVIEW_DELAY_MS, async (containers) => {
    const container = [...containers].at(-1);
    const { draft, containerId } = store.getState();
    if (container === undefined || container.id !== containerId || Object.keys(draft).length === 0) return;
    await check(container);
  });
  const live = createCoalescer<Container>(LIVE_DELAY_MS, async (containers) => {
    const container = [...containers].at(-1);
    if (container === undefined) return;
    const isHeld = isLess(container.limits, store.getState().draft) && isDangerous(await check(container));
    if (isHeld) needs.view.say('info', 'less memory than is in use: it is applied after a question');
    else await apply(container);
  });
  return Object.assign(store, {
    select: (id: ContainerId | undefined) => {
      if (id !== store.getState().containerId) store.setState({ containerId: id, draft: {}, preview: undefined });
    },
    setDraft: (container: Container, patch: LimitsPatch) => {
      const draft = withoutUnchanged(container.limits, { ...store.getState().draft, ...patch });
      store.setState({ containerId: container.id, draft, preview: undefined });
      if (store.getState().isLive) live.add(container);
      else previews.add(container);
    },
    check,
    dropDraft: () => store.setState({ draft: {}, preview: undefined }),
    apply,
    undoLast: async () => {
      const change = store.getState().undo.at(-1);
      if (change === undefined) {
        needs.view.say('info', 'nothing to undo');
        return;
      }
      store.setState((state) => ({ undo: state.undo.slice(0, -1), draft: {}, preview: undefined }));
      const container = { id: change.containerId, name: change.containerName, limits: patchToLimits(change.after) };
      const undone = await write(container, change.before);
      if (undone === undefined) store.setState((state) => ({ undo: [...state.undo, change] }));
    },
    close: () => {
      previews.close();
      live.close();
    },
  });
}

/** Less memory than before, or a limit where there was none. */
function isLess(before: Limits, { memoryBytes }: LimitsPatch): boolean {
  return typeof memoryBytes === 'number' && memoryBytes < (before.memoryBytes ?? Number.POSITIVE_INFINITY);
}

/** What is to be asked about before it is done. */
export function isDangerous({ outcome }: DraftPreview): boolean {
  return outcome === 'reclaim' || outcome === 'oom-risk';
}

type Tuned = Pick<Container, 'id' | 'name' | 'limits'>;

function createWriter(
  needs: LimitsStoreNeeds,
): (container: Tuned, patch: LimitsPatch) => Promise<LimitsChange | undefined> {
  return async (container, patch) => {
    const done = needs.commands.begin(formatUpdateCommand(container.name, patch));
    try {
      const { limits, warnings } = await needs.engine.containers.update(container.id, { limits: patch });
      const durationMs = done('ok');
      const text = describeChange(container.limits, limits, patch);
      const atMs = Date.now();
      const warning = warnings.length === 0 ? '' : `  ${warnings.join('; ')}`;
      needs.view.say('ok', `${container.name} ${text} applied in ${formatMs(durationMs)}, read back${warning}`, true);
      needs.onApplied(container.id, limits);
      return {
        containerId: container.id,
        containerName: container.name,
        before: reversePatch(container.limits, patch),
        after: patch,
        atMs,
      };
    } catch (error) {
      const message = explainErrno(error);
      done('failed', message);
      needs.view.say('error', message);
      return undefined;
    }
  };
}

async function readPreview(needs: LimitsStoreNeeds, id: ContainerId, draft: LimitsPatch): Promise<DraftPreview> {
  try {
    const preview = await needs.engine.containers.previewUpdate(id, draft);
    const host = needs.hostMemoryBytes();
    const isAbove = preview.outcome === 'ok' && host !== undefined && (draft.memoryBytes ?? 0) > host;
    return isAbove ? { outcome: 'above-host', message: `the host has ${formatBinaryBytes(host)}` } : preview;
  } catch (error) {
    return { outcome: 'refused', message: messageOf(error) };
  }
}

/** The message, with what the kernel's errno means where one is behind it. */
function explainErrno(error: unknown): string {
  const message = messageOf(error);
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = 'code' in each ? String(each.code) : '';
    const text = [...getSystemErrorMap().values()].find(([name]) => name === code)?.[1];
    if (text !== undefined) return message.endsWith(code) ? `${message}: ${text}` : `${message} (${code}: ${text})`;
  }
  return message;
}

function pushChange(undo: readonly LimitsChange[], change: LimitsChange, isLive: boolean): readonly LimitsChange[] {
  const last = undo.at(-1);
  if (isLive && last?.containerId === change.containerId && change.atMs - last.atMs < MERGE_MS) {
    const merged = {
      ...change,
      before: { ...change.before, ...last.before },
      after: { ...last.after, ...change.after },
    };
    return [...undo.slice(0, -1), merged];
  }
  return [...undo, change].slice(-KEPT_UNDO);
}

/** The patch that leads back: the former value of each field, null where there was none. */
export function reversePatch(limits: Limits, patch: LimitsPatch): LimitsPatch {
  const keys = Object.keys(patch) as (keyof Limits)[];
  return Object.fromEntries(keys.map((key) => [key, limits[key] ?? null]));
}

function withoutUnchanged(limits: Limits, patch: LimitsPatch): LimitsPatch {
  const entries = Object.entries(patch) as [keyof Limits, unknown][];
  const isSame = (key: keyof Limits, value: unknown) => JSON.stringify(limits[key] ?? null) === JSON.stringify(value);
  return Object.fromEntries(entries.filter(([key, value]) => !isSame(key, value)));
}

function patchToLimits(patch: LimitsPatch): Limits {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== null));
}

/** Such as `memory 256M → 512M`, from the limits before to those the kernel gave back; only what the patch is about. */
function describeChange(before: Limits, after: Limits, patch: LimitsPatch): string {
  const only = (limits: Limits): Limits =>
    Object.fromEntries(Object.entries(limits).filter(([field]) => Object.hasOwn(patch, field)));
  return describeLimitsChange(toLimitAttributes(only(before), only(after))) || 'limits';
}

const formatMs = (ms: number) => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`);
