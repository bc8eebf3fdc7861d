import type { FoundRepository } from '../../model/registry.js';

/** One row of `GET /images/search`. */
export interface WireFoundRepository {
  readonly star_count: number;
  readonly is_official: boolean;
  readonly name: string;
  /** Of Docker Hub's old builds: always false. */
  readonly is_automated: boolean;
  readonly description: string;
}

export function toWireFound({ name, description, stars, isOfficial }: FoundRepository): WireFoundRepository {
  return { star_count: stars, is_official: isOfficial, name, is_automated: false, description };
}
