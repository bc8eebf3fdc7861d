import { readFileSync } from 'node:fs';
import { z } from 'zod/mini';
import { IMAGE_SORT_COLUMNS, NETWORK_SORT_COLUMNS, SORT_COLUMNS, VOLUME_SORT_COLUMNS } from './view-store.js';

/** What a user has chosen once and finds again; unknown fields, as of a newer program, stay in the file. */
const PREFERENCES = z.looseObject({
  showsAll: z.optional(z.boolean()),
  theme: z.optional(z.string()),
  mouse: z.optional(z.boolean()),
  sort: z.optional(z.object({ column: z.enum(SORT_COLUMNS), isReversed: z.boolean() })),
  imageSort: z.optional(z.object({ column: z.enum(IMAGE_SORT_COLUMNS), isReversed: z.boolean() })),
  volumeSort: z.optional(z.object({ column: z.enum(VOLUME_SORT_COLUMNS), isReversed: z.boolean() })),
  networkSort: z.optional(z.object({ column: z.enum(NETWORK_SORT_COLUMNS), isReversed: z.boolean() })),
  hiddenColumns: z.optional(
    z.object({
      containers: z.array(z.string()),
      images: z.array(z.string()),
      volumes: z.optional(z.array(z.string())),
      networks: z.optional(z.array(z.string())),
    }),
  ),
  logs: z.optional(z.object({ isWrapped: z.boolean(), showsTime: z.boolean(), isPretty: z.boolean() })),
  recentPulls: z.optional(z.array(z.string())),
  recentCommands: z.optional(z.array(z.string())),
  recentRuns: z.optional(z.array(z.record(z.string(), z.string()))),
});

export type Preferences = z.infer<typeof PREFERENCES>;

/** Throws where the file cannot be read, is no JSON, or says what no preferences can say. */
export function readPreferencesFile(path: string): Preferences {
  const result = PREFERENCES.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${issue?.path.join('.') || 'the document'} is not what it must be`);
}
