// Which packages a bundle holds code of: what must be named, with its licence, by who hands the bundle on (third-party.mjs).
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'dist/packages';

/** Notes the folders of the packages that esbuild has read for the bundle of that name. */
export function recordPackages(name, { inputs }) {
  const folders = Object.keys(inputs).map(
    (path) => /(?:^|:)((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1],
  );
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.json`), JSON.stringify([...new Set(folders)].filter(Boolean).sort(), null, 1));
}

/** The folders of all bundles, each once. */
export function readPackages() {
  const lists = readdirSync(FOLDER).map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')));
  return [...new Set(lists.flat())].sort();
}
