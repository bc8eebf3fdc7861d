import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** What a package may hold; each line is there at least once. */
const CONTENT: readonly RegExp[] = [
  /^(LICENSE|README\.md|package\.json)$/,
  /^gantry$/,
  /^gantry-runtime$/,
  /^dist\/THIRD-PARTY\.txt$/,
  /^dist\/bundle\/gantry\.cjs$/,
  /^dist\/bundle\/[\w-]+\.cjs$/,
  /^dist\/bundle\/thread-main\.cjs$/,
  /^dist\/library\/(engine\.cjs|gantry\.js)$/,
  /^dist\/library\/thread-main\.cjs$/,
  /^dist\/library\/types\/([\w-]+\/)*[\w-]+\.d\.ts$/,
  /^dist\/man\/gantry[\w-]*\.\d$/,
  /^dist\/native\/(arm64|x64)\/gantry-init$/,
  /^docs\/library\.md$/,
  /^docs\/systemd\/[\w.-]+$/,
];

/** Fails where the unpacked package has anything else, or lacks one of them. */
export function assertContent(folder: string): void {
  const files = listFiles(folder);
  assert.deepEqual(
    files.filter((file) => !CONTENT.some((pattern) => pattern.test(file))),
    [],
    'nothing else is in the package',
  );
  for (const pattern of CONTENT)
    assert.ok(
      files.some((file) => pattern.test(file)),
      `nothing in the package is ${pattern}`,
    );
}

/** Fails where a bundle of the unpacked package loads what is neither Node's nor in the package; the number of what they load. */
export function assertBundled(folder: string): number {
  const files = listFiles(folder);
  let count = 0;
  for (const file of files.filter((name) => name.endsWith('.cjs'))) {
    for (const [, name = ''] of readFileSync(join(folder, file), 'utf8').matchAll(/\brequire\("([^"]+)"\)/g)) {
      assert.ok(isBuiltin(name) || files.includes(join(dirname(file), name)), `${file} loads ${name}`);
      count += 1;
    }
  }
  return count;
}

function listFiles(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

/** EM_X86_64, EM_AARCH64; the type of PT_INTERP; elf(5). */
const MACHINES = new Map([
  [62, 'x64'],
  [183, 'arm64'],
]);
const PT_INTERP = 3;

/** The processor that a 64-bit program is for. Fails where it wants a loader, and so libraries of its host. */
export function readProcessor(program: string): string | undefined {
  const bytes = readFileSync(program);
  assert.equal(bytes.toString('latin1', 1, 4), 'ELF', program);
  const [start, size, count] = [Number(bytes.readBigUInt64LE(32)), bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
  const types = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(start + index * size));
  assert.ok(types.length > 0 && !types.includes(PT_INTERP), `${program} is not static`);
  return MACHINES.get(bytes.readUInt16LE(18));
}
