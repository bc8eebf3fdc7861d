import type { Engine } from '../engine/engine.js';
import { EngineError } from '../model/errors.js';

/** What only reads, by service; all else changes the host, or might. */
const READING: Readonly<Record<string, ReadonlySet<string>>> = {
  containers: new Set([
    'list',
    'inspect',
    'previewUpdate',
    'wait',
    'logs',
    'stats',
    'readStats',
    'readSizes',
    'top',
    'changes',
    'statPath',
    'readArchive',
    'export',
    'inspectExec',
  ]),
  images: new Set(['list', 'inspect', 'history', 'save', 'embedded']),
  networks: new Set(['list', 'inspect']),
  volumes: new Set(['list', 'inspect', 'readSizes', 'export', 'files', 'readArchive']),
  registries: new Set(['checkLogin', 'search', 'manifest', 'tags']),
};

/** Methods that give what they do step by step. */
const ITERATING: ReadonlySet<string> = new Set(['pull', 'push', 'copy', 'build', 'load', 'bootstrap']);

/** An engine that refuses whatever would change something; what reads is the engine's own. */
export function guardEngine(engine: Engine): Engine {
  const guarded = new Map(
    Object.entries(READING).map(([name, reading]) => [name, guardService(engine, name, reading)]),
  );
  return new Proxy(engine, {
    get: (target, property) => guarded.get(String(property)) ?? read(target, property),
  });
}

function guardService(engine: Engine, name: string, reading: ReadonlySet<string>): object {
  const service: unknown = Reflect.get(engine, name);
  if (typeof service !== 'object' || service === null) throw new Error(`the engine has no ${name}`);
  return new Proxy(service, {
    get: (target, property) => {
      const value = read(target, property);
      if (typeof value !== 'function' || reading.has(String(property))) return value;
      return ITERATING.has(String(property)) ? refuseSteps : refuse;
    },
  });
}

function read(target: object, property: string | symbol): unknown {
  const value: unknown = Reflect.get(target, property, target);
  return typeof value === 'function' ? value.bind(target) : value;
}

const refusal = () => new EngineError('permission-denied', 'the screen is read-only');

const refuse = () => Promise.reject(refusal());

// biome-ignore lint/correctness/useYield: it fails at the first step
async function* refuseSteps(): AsyncGenerator<never> {
  throw await Promise.resolve(refusal());
}
