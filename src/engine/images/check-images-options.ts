import type { CheckedCounts } from '../../model/finding.js';
import type { ChainId, Digest } from '../../model/ids.js';
import type { ImageParts } from './image-parts.js';
import type { FindImageUsers } from './remove.js';

/** What the checks of images know of the other rooms. */
export interface CheckImagesOptions extends ImageParts {
  /** The state root. */
  readonly root: string;
  readonly findUsers: FindImageUsers;
  /** The names of containers that run and stand on a layer, whose files must stay under them. */
  readonly findRunningOn: (id: ChainId) => readonly string[];
  /** The layers that containers stand on. */
  readonly isContainerOn: (id: ChainId) => boolean;
  /** True for a blob that is there and not known to be damaged. */
  readonly hasGood: (digest: Digest) => boolean;
  /** Leave the files of layers unread. */
  readonly isQuick: boolean;
  readonly signal?: AbortSignal;
  readonly count: (what: keyof CheckedCounts, more: number) => void;
}
