import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyLayer } from '../src/engine/layers/apply-layer.js';
import { createFolderSink } from '../src/engine/layers/drivers/folder-sink.js';
import { createIndexWriter } from '../src/engine/layers/file-index/index-writer.js';
import { createLayerFiles } from '../src/engine/layers/file-index/layer-files.js';
import { parseLayerIndex } from '../src/engine/layers/file-index/layer-index.js';
import { readLayerEntries } from '../src/engine/layers/layer-reader.js';
import { startUnpacking } from '../src/engine/layers/unpack-role.js';
import { createFileDigests } from '../src/platform/file-digest/file-digests.js';
import { TarReader } from '../src/platform/tar/tar-reader.js';
import { selectTreeRows, type TreeView } from '../src/store/tree-rows.js';
import { nativeProgram } from '../test/support/native-program.js';
import type { Benchmark, Contest, Contestant } from './benchmark.js';
import { BENCH_LAYERS, writeLayerTar } from './layer-fixture.js';

/** What the index of layers costs and answers, for an image of 77 000 entries in four layers. */
export function layerBenchmarks(): Readonly<Record<string, Benchmark>> {
  return {
    'layer-questions': {
      name: 'layers: questions to the indexes of an image of 77 000 entries',
      unit: 'ms',
      ours: 'tree of the topmost layer over the others',
      target: 50,
      runs: 9,
      open: openQuestions,
    },
    'layer-index-cost': {
      name: 'layers: unpacking 77 000 entries, 0.85 GB of plain tars',
      unit: 'ms',
      ours: 'with the index',
      runs: 5,
      open: openUnpacking,
    },
  };
}

function openQuestions(): Contest {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-index-'));
  const paths = BENCH_LAYERS.map((entries, layer) => writeIndex(join(folder, String(layer)), entries()));
  const open = () => paths.flatMap((path) => parseLayerIndex(readFileSync(path)) ?? []);
  const indexes = open();
  const top = indexes.length - 1;
  const tree = createLayerFiles(indexes).tree(top);
  const ask = (name: string, question: () => unknown): Contestant => ({ name, run: () => time(question) });
  const first = ask('tree of the topmost layer over the others', () => createLayerFiles(indexes).tree(top));
  const contestants = [
    { ...first, close: () => rmSync(folder, { recursive: true }) },
    ask('tree of the largest layer over those below', () => createLayerFiles(indexes).tree(2)),
    ask('wasted bytes, their paths, efficiency', () => createLayerFiles(indexes).waste()),
    ask('opening the indexes', open),
    ask('listing the rows of the tree, unfolded', () => selectTreeRows(tree, { ...UNFOLDED, filter: '' })),
    ask('the same for a filter', () => selectTreeRows(tree, { ...UNFOLDED, filter: 'file-7' })),
  ];
  return { contestants };
}

function openUnpacking(): Contest {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-unpack-'));
  const layers = BENCH_LAYERS.map((entries, layer): UnpackedLayer => {
    const tar = join(folder, `${layer}.tar`);
    writeLayerTar(tar, entries());
    return { tar, place: join(folder, `layer-${layer}`), hasBelow: layer > 0 };
  });
  const unpackAll = (unpack: (layer: UnpackedLayer) => Promise<void>) => async () => {
    const began = performance.now();
    for (const layer of layers) {
      mkdirSync(layer.place);
      await unpack(layer);
    }
    const ms = performance.now() - began;
    for (const { place } of layers) rmSync(place, { recursive: true });
    return ms;
  };
  return {
    contestants: [
      { name: 'with the index', run: unpackAll(unpackIndexed), close: () => rmSync(folder, { recursive: true }) },
      { name: 'without', run: unpackAll(unpackPlain) },
    ],
  };
}

const UNFOLDED: Omit<TreeView, 'filter'> = {
  scope: 'stack',
  hidden: new Set(['deleted']),
  folding: { all: 'unfolded', exceptions: new Set() },
};

function time(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

function writeIndex(path: string, entries: ReturnType<(typeof BENCH_LAYERS)[number]>): string {
  const writer = createIndexWriter(path);
  for (const entry of entries) writer.entry(entry);
  writer.finish();
  return path;
}

interface UnpackedLayer {
  readonly tar: string;
  readonly place: string;
  readonly hasBelow: boolean;
}

async function unpackIndexed({ tar, place, hasBelow }: UnpackedLayer): Promise<void> {
  const index = `${place}.index`;
  await applyLayer({
    program: nativeProgram,
    digests: createFileDigests(),
    source: createReadStream(tar, { highWaterMark: 1 << 20 }),
    sink: createFolderSink(nativeProgram, place),
    index,
    hasBelow,
  });
  rmSync(index);
}

async function unpackPlain({ tar, place, hasBelow }: UnpackedLayer): Promise<void> {
  const root = { kind: 'directory', path: place } as const;
  const unpacking = startUnpacking({ program: nativeProgram, root, overlayWhiteouts: true });
  const reader = new TarReader(readLayerEntries(unpacking, hasBelow));
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(tar, { highWaterMark: 1 << 20 })) {
    hash.update(bytes);
    reader.push(bytes);
    await unpacking.drain();
  }
  reader.finish();
  await unpacking.finish();
}
