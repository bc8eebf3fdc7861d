import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeRuntimeSpec } from '../../src/engine/containers/runtime-spec.js';
import type { RuntimeSpec } from '../../src/engine/isolation/oci-spec.js';
import { formatRuntimeSpec } from '../../src/engine/isolation/spec-text.js';
import type { OciState } from '../../src/model/oci-runtime.js';
import { GANTRY_ARGS } from './gantry.js';
import { specInput } from './runtime-spec-input.js';
import { unpackTestRoot } from './test-image.js';

export interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `gantry runtime` with a folder of states of its own, and one bundle that is written anew for each container. */
export interface OciBundle {
  readonly folder: string;
  /** Where its containers' groups are, below each hierarchy. */
  readonly cgroup: string;
  /** Writes the config.json: a shell script, and what is to be other than Docker's defaults. */
  write(script: string, change?: (spec: RuntimeSpec) => object): void;
  /** Runs it with the words behind `gantry runtime --root …`. */
  run(...words: readonly string[]): Promise<Printed>;
  /** The same with a file at descriptor 3. */
  runWith(file: number, ...words: readonly string[]): Promise<Printed>;
  /** Without a word of output it succeeds, else this rejects. */
  must(...words: readonly string[]): Promise<string>;
  state(id: string): Promise<OciState>;
  /** A file in the root of the container. */
  inRoot(path: string): string;
}

/** Everything is gone at the end of the test; containers that are left are removed by force. */
export function makeBundle(t: TestContext): OciBundle {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-oci-'));
  const root = join(folder, 'rootfs');
  const states = join(folder, 'states');
  const cgroup = `/gantry-oci-${process.pid}`;
  unpackTestRoot(root);
  for (const name of ['proc', 'sys', 'dev']) mkdirSync(join(root, name));
  const run: OciBundle['run'] = (...words) => start(['runtime', '--root', states, ...words], folder);
  const runWith: OciBundle['runWith'] = (file, ...words) =>
    start(['runtime', '--root', states, ...words], folder, [file]);
  const must: OciBundle['must'] = async (...words) => {
    const { code, stdout, stderr } = await run(...words);
    if (code !== 0) throw new Error(`${words.join(' ')}: ${code} ${stderr}`);
    return stdout;
  };
  t.after(async () => {
    for (const id of existsSync(states) ? readdirSync(states) : []) {
      if (!id.startsWith('.')) await run('delete', '--force', id);
    }
    for (const parent of listParents(cgroup)) rmdirSync(parent);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    cgroup,
    write(script, change) {
      const spec = makeRuntimeSpec(
        specInput({}, ['sh', '-c', script], { rootPath: root, cgroupsPath: `${cgroup}/c`, cgroupVersion: 'v1' }),
      );
      writeFileSync(join(folder, 'config.json'), formatRuntimeSpec({ ...spec, ...change?.(spec) }));
    },
    run,
    runWith,
    must,
    state: async (id) => JSON.parse(await must('state', id)) as OciState,
    inRoot: (path) => join(root, path),
  };
}

/** The folders of a group in the hierarchies where it is. */
export function listParents(cgroup: string): readonly string[] {
  const mount = '/sys/fs/cgroup';
  return ['', ...readdirSync(mount)].map((name) => join(mount, name, cgroup)).filter(existsSync);
}

/** Its streams are files: a container keeps them open, and what this process itself has written is whole when it ends. */
async function start(words: readonly string[], folder: string, more: readonly number[] = []): Promise<Printed> {
  const [stdout, stderr] = [join(folder, 'stdout'), join(folder, 'stderr')];
  const files = [openSync(stdout, 'w'), openSync(stderr, 'w')];
  const child = spawn(process.execPath, [...GANTRY_ARGS, ...words], {
    cwd: folder,
    stdio: ['ignore', ...files, ...more],
  });
  for (const file of files) closeSync(file);
  const [code] = await once(child, 'exit');
  return { code, stdout: readFileSync(stdout, 'utf8'), stderr: readFileSync(stderr, 'utf8') };
}
