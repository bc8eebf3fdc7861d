import { PULL_STEPS, PUSH_STEPS } from '../../api/wire/transfer-progress.js';
import type { PullProgress, PushProgress } from '../../model/image.js';

/** A step of pull, load or bootstrap as lines, in Docker's words; steps that only count bytes are none. */
export function formatProgress(progress: PullProgress): string {
  switch (progress.phase) {
    case 'resolving':
      return `${progress.reference}: Pulling from ${progress.repository}\n`;
    case 'downloading':
    case 'extracting':
    case 'retrying':
      return '';
    case 'output':
      return progress.text.endsWith('\n') ? progress.text : `${progress.text}\n`;
    case 'done':
      return formatEnd(progress);
    default:
      return `${shortDigest(progress.digest)}: ${PULL_STEPS[progress.phase]}\n`;
  }
}

/** A step of a push as a line. */
export function formatPushProgress(progress: PushProgress): string {
  switch (progress.phase) {
    case 'resolving':
      return `The push refers to repository [${progress.repository}]\n`;
    case 'pushing':
      return '';
    case 'mounted':
      return `${shortDigest(progress.digest)}: Mounted from ${progress.from}\n`;
    case 'done':
      return `${progress.tag}: digest: ${progress.digest} size: ${progress.sizeBytes}\n`;
    default:
      return `${shortDigest(progress.digest)}: ${PUSH_STEPS[progress.phase]}\n`;
  }
}

/** Of a pull alone: what was loaded has no digest. */
function formatEnd({ digest, isNew, references }: Extract<PullProgress, { phase: 'done' }>): string {
  if (digest === undefined) return '';
  const status = isNew === true ? 'Downloaded newer image for' : 'Image is up to date for';
  return `Digest: ${digest}\nStatus: ${status} ${references[0] ?? digest}\n`;
}

/** Twelve digits, as Docker names a layer. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
