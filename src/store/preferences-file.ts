import { readFileSync } from 'node:fs';
import {
  type HiddenColumns,
  IMAGE_SORT_COLUMNS,
  type ImageSortColumn,
  NETWORK_SORT_COLUMNS,
  type NetworkSortColumn,
  SORT_COLUMNS,
  type Sort,
  type SortColumn,
  VOLUME_SORT_COLUMNS,
  type VolumeSortColumn,
} from './view-store.js';

/** What a user has chosen once and finds again; unknown fields, as of a newer program, stay in the file. */
export interface Preferences {
  readonly showsAll?: boolean;
  readonly groupsProjects?: boolean;
  readonly foldedProjects?: readonly string[];
  readonly theme?: string;
  readonly mouse?: boolean;
  readonly sort?: Sort<SortColumn>;
  readonly imageSort?: Sort<ImageSortColumn>;
  readonly volumeSort?: Sort<VolumeSortColumn>;
  readonly networkSort?: Sort<NetworkSortColumn>;
  readonly hiddenColumns?: Pick<HiddenColumns, 'containers' | 'images'> & Partial<HiddenColumns>;
  readonly logs?: { readonly isWrapped: boolean; readonly showsTime: boolean; readonly isPretty: boolean };
  readonly recentPulls?: readonly string[];
  readonly recentCommands?: readonly string[];
  readonly recentRuns?: readonly Readonly<Record<string, string>>[];
}

/** Gives the path of what is wrong below `path`; undefined: nothing is. By hand: zod takes longer to load than the first list to show. */
type Check = (value: unknown, path: string) => string | undefined;

const isBoolean: Check = (value, path) => (typeof value === 'boolean' ? undefined : path);
const isText: Check = (value, path) => (typeof value === 'string' ? undefined : path);
const isTexts = listOf(isText);

const CHECKS: Readonly<Record<keyof Preferences, Check>> = {
  showsAll: isBoolean,
  groupsProjects: isBoolean,
  foldedProjects: isTexts,
  theme: isText,
  mouse: isBoolean,
  sort: isSort(SORT_COLUMNS),
  imageSort: isSort(IMAGE_SORT_COLUMNS),
  volumeSort: isSort(VOLUME_SORT_COLUMNS),
  networkSort: isSort(NETWORK_SORT_COLUMNS),
  hiddenColumns: objectOf({ containers: isTexts, images: isTexts }, { volumes: isTexts, networks: isTexts }),
  logs: objectOf({ isWrapped: isBoolean, showsTime: isBoolean, isPretty: isBoolean }),
  recentPulls: isTexts,
  recentCommands: isTexts,
  recentRuns: listOf((value, path) => (isObject(value) ? firstWrong(value, checkAll(value, isText), path) : path)),
};

const isPreferences = objectOf({}, CHECKS);

/** Throws where the file cannot be read, is no JSON, or says what no preferences can say. */
export function readPreferencesFile(path: string): Preferences {
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const wrong = isPreferences(value, '');
  if (wrong !== undefined) throw new Error(`${wrong || 'the document'} is not what it must be`);
  return value as Preferences;
}

function isSort(columns: readonly string[]): Check {
  const isColumn: Check = (value, path) => (columns.some((column) => column === value) ? undefined : path);
  return objectOf({ column: isColumn, isReversed: isBoolean });
}

function listOf(check: Check): Check {
  return (value, path) => (Array.isArray(value) ? firstWrong({ ...value }, checkAll(value, check), path) : path);
}

function objectOf(needed: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check {
  const checks = Object.entries({ ...optional, ...needed });
  return (value, path) => {
    if (!isObject(value)) return path;
    const present = checks.filter(([name]) => name in needed || name in value);
    return firstWrong(value, present, path);
  };
}

function checkAll(value: object, check: Check): readonly (readonly [string, Check])[] {
  return Object.keys(value).map((name) => [name, check]);
}

function firstWrong(
  fields: Readonly<Record<string, unknown>>,
  checks: readonly (readonly [name: string, check: Check])[],
  path: string,
): string | undefined {
  for (const [name, check] of checks) {
    const wrong = check(fields[name], joinPath(path, name));
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
