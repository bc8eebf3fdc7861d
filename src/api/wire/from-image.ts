import { z } from 'zod/mini';
import type { DiffId, ImageId } from '../../model/ids.js';
import type { HistoryEntry, Image, ImageConfig } from '../../model/image.js';
import { toList, toNumber, toObject, toText, toTextMap, toTexts } from '../../model/json-values.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { toVariables } from './from-container.js';
import { fromWireHealthcheck, healthcheckSchema } from './from-container-create.js';
import { fromWireTime } from './time.js';

/** What an image without a name is called. */
const NO_NAME = /^<none>/;

/** The answer of `GET /images/{name}/json`, the other direction of image.ts. */
export function fromWireImage(value: unknown): Image {
  const wire = toObject(value);
  return omitUndefined({
    id: toText(wire['Id']) as ImageId,
    ...fromWireNames(wire),
    createdAtMs: fromWireTime(toText(wire['Created'])),
    sizeBytes: toNumber(wire['Size']) || toNumber(wire['VirtualSize']),
    platform: omitUndefined({
      os: toText(wire['Os']),
      architecture: toText(wire['Architecture']),
      variant: toText(wire['Variant']) || undefined,
    }),
    layers: toTexts(toObject(wire['RootFS'])['Layers']) as readonly DiffId[],
    config: fromWireImageConfig(wire['Config']),
    author: toText(wire['Author']) || undefined,
    comment: toText(wire['Comment']) || undefined,
  });
}

/** Of an image and of a row of `GET /images/json`. */
export function fromWireNames(value: unknown): Pick<Image, 'repoTags' | 'repoDigests'> {
  const wire = toObject(value);
  const names = (list: unknown) => toTexts(list).filter((name) => !NO_NAME.test(name));
  return { repoTags: names(wire['RepoTags']), repoDigests: names(wire['RepoDigests']) };
}

function fromWireImageConfig(value: unknown): ImageConfig {
  const wire = toObject(value);
  const texts = (name: string) => (wire[name] ? toTexts(wire[name]) : undefined);
  const keys = (name: string) => (wire[name] ? Object.keys(toObject(wire[name])) : undefined);
  const check = z.safeParse(healthcheckSchema, wire['Healthcheck']);
  return omitUndefined({
    user: toText(wire['User']) || undefined,
    env: wire['Env'] ? toVariables(wire['Env']) : undefined,
    entrypoint: texts('Entrypoint'),
    command: texts('Cmd'),
    workingDir: toText(wire['WorkingDir']) || undefined,
    volumes: keys('Volumes'),
    exposedPorts: keys('ExposedPorts'),
    labels: wire['Labels'] ? toTextMap(wire['Labels']) : undefined,
    stopSignal: toText(wire['StopSignal']) || undefined,
    healthcheck: check.success ? fromWireHealthcheck(check.data) : undefined,
  });
}

/** The answer of `GET /images/{name}/history`. A layer that adds nothing is one without a size. */
export function fromWireHistory(value: unknown): readonly HistoryEntry[] {
  return toList(value).map((row) => {
    const wire = toObject(row);
    const sizeBytes = toNumber(wire['Size']);
    return omitUndefined({
      createdAtMs: Math.max(0, toNumber(wire['Created']) * 1000),
      createdBy: toText(wire['CreatedBy']),
      sizeBytes,
      comment: toText(wire['Comment']) || undefined,
      emptyLayer: sizeBytes === 0,
    });
  });
}
