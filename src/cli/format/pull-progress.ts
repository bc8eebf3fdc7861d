import type { PullProgress } from '../../model/image.js';

/** A step of pull, load or bootstrap as lines; steps that only count bytes are none. */
export function formatProgress(progress: PullProgress): string {
  switch (progress.phase) {
    case 'resolving':
      return `${progress.reference}: Pulling\n`;
    case 'downloading':
    case 'extracting':
      return '';
    case 'exists':
      return `${shortDigest(progress.digest)}: Already exists\n`;
    case 'complete':
      return `${shortDigest(progress.digest)}: Pull complete\n`;
    case 'output':
      return progress.text.endsWith('\n') ? progress.text : `${progress.text}\n`;
    case 'done':
      return '';
  }
}

function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
