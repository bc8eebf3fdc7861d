import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { LogEntry, LogOptions } from '../engine.js';
import type { ContainerParts } from './container-parts.js';
import { readLog } from './read-log.js';

/** Ends, with `follow`, when the container does; a restart by its policy is no end. What is refused is refused when it is iterated. */
export function readContainerLogs(
  parts: Pick<ContainerParts, 'store' | 'bus' | 'paths' | 'end'>,
  ref: string,
  options: LogOptions = {},
): AsyncIterable<LogEntry> {
  return { [Symbol.asyncIterator]: () => iterate(parts, ref, options) };
}

function iterate(
  parts: Pick<ContainerParts, 'store' | 'bus' | 'paths' | 'end'>,
  ref: string,
  options: LogOptions,
): AsyncIterator<LogEntry> {
  const { id, config } = parts.store.resolve(ref);
  if (config.log?.driver === 'none') {
    throw new EngineError('not-implemented', 'configured logging driver does not support reading');
  }
  if (options.streams?.length === 0) {
    throw new EngineError('invalid-argument', 'Bad parameters: you must choose at least one stream');
  }
  const isWritten = (): boolean => {
    const record = parts.store.get(id);
    return record !== undefined && (isActive(record.state) || record.operation?.kind === 'start');
  };
  const signal = options.signal === undefined ? parts.end : AbortSignal.any([options.signal, parts.end]);
  return readLog(
    { path: parts.paths.container(id).log, isWritten, onChange: parts.bus.listen },
    { ...options, signal },
  );
}
