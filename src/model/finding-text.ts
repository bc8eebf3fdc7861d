import type { ContainerPart, Finding } from './finding.js';
import { formatDecimalBytes } from './units.js';

export interface FindingText {
  /** What is wrong, with its name. */
  readonly what: string;
  /** What it means for whoever uses the engine. */
  readonly meaning: string;
}

/** A finding in words; one line each. */
export function describeFinding(finding: Finding): FindingText {
  switch (finding.kind) {
    case 'database-damaged':
      return {
        what: `the state database is damaged: ${finding.detail}`,
        meaning: 'rows may be missing or wrong; what cannot be rebuilt from itself needs a copy from before',
      };
    case 'row-broken':
      return {
        what: `row ${finding.id} of ${finding.table} is broken: ${finding.detail}`,
        meaning: `commands that list ${finding.table} fail`,
      };
    case 'blob-damaged':
      return {
        what: `blob ${finding.digest} is damaged: its content is ${finding.actual}`,
        meaning: 'images that have it cannot be pushed, saved or committed',
      };
    case 'blob-unused':
      return {
        what: `blob ${finding.digest} (${formatDecimalBytes(finding.sizeBytes)}) is used by no image`,
        meaning: 'it takes room and nothing else',
      };
    case 'stray':
      return { what: `${finding.path} is a stray`, meaning: 'nothing knows it; it takes room and nothing else' };
    case 'left-over':
      return {
        what: `${finding.path} was left by a process that has died`,
        meaning: 'it takes room until the next engine opens',
      };
    case 'lease-abandoned':
      return {
        what: `${finding.digests.length} digests are held by processes that have died`,
        meaning: 'what they had brought in stays until the next engine opens',
      };
    case 'layer-damaged':
      return {
        what: `layer ${finding.chainId} is damaged: ${finding.detail}`,
        meaning: 'containers of its images see other files than the image has',
      };
    case 'layer-missing':
      return {
        what: `layer ${finding.chainId} of ${finding.images.join(', ')} is missing`,
        meaning: 'no container of these images can start',
      };
    case 'layer-unused':
      return {
        what: `layer ${finding.chainId} (${formatDecimalBytes(finding.sizeBytes)}) is used by no image`,
        meaning: 'it takes room and nothing else',
      };
    case 'image-incomplete':
      return {
        what: `image ${showNames(finding)} lacks ${finding.missing.map(({ role, digest }) => `its ${role} ${digest}`).join(', ')}`,
        meaning: 'it cannot be pushed, saved or committed',
      };
    case 'image-contradicted':
      return {
        what: `image ${showNames(finding)} is not what its content says: ${finding.detail}`,
        meaning: 'its containers may start with wrong settings or layers',
      };
    case 'container-incomplete':
      return {
        what: `container ${finding.name} lacks ${PARTS[finding.missing]}`,
        meaning: finding.missing === 'folder' ? 'it cannot start and has no log' : 'it cannot start',
      };
    case 'container-unfounded':
      return { what: `container ${finding.name} has lost its ground: ${finding.detail}`, meaning: 'it cannot start' };
    case 'volume-incomplete':
      return {
        what: `volume ${finding.volume} has no folder`,
        meaning: finding.users.length === 0 ? 'what was in it is lost' : 'its containers cannot start',
      };
    case 'volume-unknown':
      return { what: `volume ${finding.volume} has no row`, meaning: 'what is in it cannot be reached' };
  }
}

const PARTS: Readonly<Record<ContainerPart, string>> = {
  folder: 'its folder',
  layer: 'the layer that it writes to',
  upper: 'the files that it has written',
  work: 'the work folder of its layer',
  parent: 'the note of which layer it stands on',
};

function showNames({ names, imageId }: { readonly names: readonly string[]; readonly imageId: string }): string {
  return names.length === 0 ? imageId : names.join(', ');
}
