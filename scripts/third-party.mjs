// Writes dist/THIRD-PARTY.txt: whose code is in the bundles and in gantry-init, and the licences it came with. A package is not to be
// handed on without it (docs/adr/0038).
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPackages } from './bundled-packages.mjs';

const TARGET = 'dist/THIRD-PARTY.txt';
/** Where Debian has musl's, of this processor and of one that is compiled for. */
const MUSL_LICENCES = [
  '/usr/share/doc/musl-dev/copyright',
  ...globSync('dist/native/cross-*/usr/share/doc/musl-dev/copyright'),
];
const LINE = `\n${'-'.repeat(80)}\n`;

const packages = readPackages().map(describePackage);
const libraries = [...new Set(globSync('dist/native/*/gantry-init').map(libraryOf))].map(describeLibrary);
const texts = Map.groupBy([...packages, ...libraries], ({ text }) => text);
const sections = [...texts].map(
  ([text, owners]) => `${owners.map(({ title }) => title).join('\n')}\n\n${text.trim()}\n`,
);
const head =
  'Gantry is under the Apache License 2.0: see LICENSE. It holds code of others, which they have put under the licences below.\n';
writeFileSync(TARGET, [head, ...sections].join(`${LINE}\n`));
console.log(`${TARGET}: ${packages.length} packages, ${libraries.length} C libraries, ${texts.size} texts of licences`);

function describePackage(folder) {
  const { name, version, license, author, homepage, repository } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  if (typeof license !== 'string') throw new Error(`${folder} does not say what licence it is under`);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)(\.|$)/i.test(file));
  const text = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
  const owner = author?.name ?? author ?? repository?.url ?? homepage;
  // Some packages say it in their package.json alone.
  if (text.length === 0) text.push(`${license}, by ${owner}. The package has no text of it.`);
  return { title: `${name} ${version} (${license})`, text: text.join('\n\n') };
}

/** The name is in each program that glibc is linked into. */
function libraryOf(program) {
  return readFileSync(program).includes('GLIBC_TUNABLES') ? 'glibc' : 'musl';
}

function describeLibrary(name) {
  if (name === 'glibc') {
    const text =
      'Under the LGPL 2.1: who hands gantry-init on gives its sources and those of the library along. With musl there is no such duty.';
    return { title: 'glibc, in gantry-init (LGPL-2.1-or-later)', text };
  }
  const path = MUSL_LICENCES.find((file) => existsSync(file));
  if (path === undefined)
    throw new Error(`gantry-init is linked with musl, whose licence is not at ${MUSL_LICENCES[0]}`);
  return { title: 'musl, in gantry-init (MIT)', text: readFileSync(path, 'utf8') };
}
