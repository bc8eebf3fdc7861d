import type { Image } from '../../model/image.js';

/** One row of `GET /images/json`: Docker Engine API 1.51, ImageSummary. */
export interface WireImageSummary {
  readonly Containers: number;
  readonly Created: number;
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly ParentId: string;
  readonly RepoDigests: readonly string[];
  readonly RepoTags: readonly string[];
  readonly SharedSize: number;
  readonly Size: number;
  /** Below 1.44. */
  readonly VirtualSize?: number;
}

export interface SummarySources {
  /** Minor number of the version that the client speaks. */
  readonly version: number;
  /** -1 where it is not counted, as Docker has it. */
  readonly containers?: number;
  readonly sharedBytes?: number | undefined;
}

export function toWireImageSummary(image: Image, sources: SummarySources): WireImageSummary {
  const { version, containers = -1, sharedBytes = -1 } = sources;
  const { repoTags, repoDigests } = image;
  const isNameless = repoTags.length === 0 && repoDigests.length === 0 && version < 43;
  return {
    Containers: containers,
    Created: Math.floor(image.createdAtMs / 1000),
    Id: image.id,
    Labels: image.config.labels ?? null,
    ParentId: '',
    RepoDigests: isNameless ? ['<none>@<none>'] : repoDigests,
    RepoTags: isNameless ? ['<none>:<none>'] : repoTags,
    SharedSize: sharedBytes,
    Size: image.sizeBytes,
    ...(version < 44 ? { VirtualSize: image.sizeBytes } : {}),
  };
}
