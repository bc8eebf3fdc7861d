import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KernelFileError, type KernelFiles, kernelFiles } from '../../src/platform/kernel-file.js';

const CONTROLLERS = 'cpuset cpu io memory pids';

/** What every group has, and what its controllers add. */
const FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    'cgroup.procs': '',
    'cgroup.events': 'populated 0\nfrozen 0\n',
    'cgroup.freeze': '0\n',
    'cgroup.kill': '',
    'cgroup.subtree_control': '\n',
    'cpu.stat': 'usage_usec 0\nuser_usec 0\nsystem_usec 0\n',
    'cpu.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
    'memory.pressure':
      'some avg10=1.50 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.25 avg60=0.00 avg300=0.00 total=0\n',
    'io.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  },
  cpu: {
    'cpu.stat': 'usage_usec 3000\nuser_usec 2000\nsystem_usec 1000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 70\n',
    'cpu.max': 'max 100000\n',
    'cpu.weight': '100\n',
  },
  cpuset: {
    'cpuset.cpus': '\n',
    'cpuset.mems': '\n',
    'cpuset.cpus.effective': '0-1\n',
    'cpuset.mems.effective': '0\n',
  },
  io: {
    'io.max': '',
    'io.stat': '8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n',
    'io.weight': 'default 100\n',
  },
  memory: {
    'memory.current': '0\n',
    'memory.max': 'max\n',
    'memory.high': 'max\n',
    'memory.low': '0\n',
    'memory.peak': '0\n',
    'memory.swap.max': 'max\n',
    'memory.reclaim': '',
    'memory.events': 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n',
    'memory.stat': 'anon 0\nfile 0\nkernel 0\ninactive_file 0\nactive_file 0\nslab_reclaimable 0\n',
  },
  pids: { 'pids.current': '0\n', 'pids.max': 'max\n' },
};

/** A folder that looks like a cgroup2 mount, and files that answer writes as Linux does where a driver depends on it. */
export interface FakeCgroup2 {
  readonly mountPoint: string;
  readonly files: KernelFiles;
  /** Puts a process into a group, with memory in use; the kernel would charge it so. */
  addProcess(folder: string, pid: number, use?: { readonly anonBytes: number; readonly cacheBytes: number }): void;
}

export function makeFakeCgroup2(mountPoint: string): FakeCgroup2 {
  mkdirSync(mountPoint, { recursive: true });
  populate(mountPoint, CONTROLLERS);
  const files: KernelFiles = {
    ...kernelFiles,
    write: react,
    writeEach(path, texts) {
      for (const text of texts) react(path, text);
    },
    writeInBackground: (path, text) => Promise.resolve().then(() => react(path, text)),
    makeDirectory(path) {
      if (!kernelFiles.makeDirectory(path)) return false;
      populate(path, readFileSync(join(dirname(path), 'cgroup.subtree_control'), 'utf8').trim());
      return true;
    },
    removeDirectory(path) {
      if (!kernelFiles.exists(path)) return false;
      const isBusy = kernelFiles.listDirectories(path).length > 0 || kernelFiles.read(`${path}/cgroup.procs`) !== '';
      if (isBusy) throw refusal('remove', path, 'EBUSY');
      rmSync(path, { recursive: true });
      return true;
    },
  };
  return {
    mountPoint,
    files,
    addProcess(folder, pid, use = { anonBytes: 0, cacheBytes: 0 }) {
      writeFileSync(`${folder}/cgroup.procs`, `${kernelFiles.read(`${folder}/cgroup.procs`)}\n${pid}`.trim());
      setEvents(folder, { populated: 1 });
      setMemory(folder, use.anonBytes, use.cacheBytes);
    },
  };
}

function populate(folder: string, controllers: string): void {
  for (const controller of ['', ...controllers.split(' ')]) {
    for (const [file, text] of Object.entries(FILES[controller] ?? {})) writeFileSync(`${folder}/${file}`, text);
  }
  writeFileSync(`${folder}/cgroup.controllers`, `${controllers}\n`);
}

function refusal(action: string, path: string, code: string): KernelFileError {
  return new KernelFileError(action, path, Object.assign(new Error(code), { code }));
}

type Reaction = (folder: string, value: string, path: string) => void;

const REACTIONS: Readonly<Record<string, Reaction>> = {
  'cgroup.subtree_control': (folder, value, path) => {
    const available = kernelFiles.read(`${folder}/cgroup.controllers`).split(' ');
    const names = value.split(' ').map((word) => word.slice(1));
    if (names.some((name) => !available.includes(name))) throw refusal('write', path, 'ENOENT');
    // No processes in inner groups, but for the root.
    const isRoot = !kernelFiles.exists(join(dirname(folder), 'cgroup.procs'));
    if (!isRoot && kernelFiles.read(`${folder}/cgroup.procs`) !== '') throw refusal('write', path, 'EBUSY');
    const enabled = kernelFiles.read(path).split(' ').filter(Boolean);
    writeFileSync(path, `${[...new Set([...enabled, ...names])].join(' ')}\n`);
  },
  'cgroup.freeze': (folder, value, path) => {
    writeFileSync(path, `${value}\n`);
    setEvents(folder, { frozen: Number(value) });
  },
  'cgroup.kill': (folder) => killAll(folder),
  'memory.max': (folder, value, path) => {
    writeFileSync(path, `${value}\n`);
    const limit = value === 'max' ? Number.POSITIVE_INFINITY : Number(value);
    const { anon, cache } = memoryOf(folder);
    if (anon + cache > limit) setMemory(folder, anon, Math.max(0, limit - anon));
    if (anon <= limit) return;
    killAll(folder);
    writeFileSync(`${folder}/memory.events`, 'low 0\nhigh 0\nmax 1\noom 1\noom_kill 1\n');
  },
  'memory.reclaim': (folder, value, path) => {
    const { anon, cache } = memoryOf(folder);
    setMemory(folder, anon, Math.max(0, cache - Number(value)));
    if (cache < Number(value)) throw refusal('write', path, 'EAGAIN');
  },
  'memory.high': (folder, value, path) => {
    writeFileSync(path, `${value}\n`);
    const { anon, cache } = memoryOf(folder);
    if (value !== 'max') setMemory(folder, anon, Math.max(0, Math.min(cache, Number(value) - anon)));
  },
  'cpuset.cpus': keepSet,
  'cpuset.mems': keepSet,
  'cpu.max': (_folder, value, path) => {
    const [quota, period = '100000'] = value.split(' ');
    if (quota !== 'max' && Number(quota) < 1000) throw refusal('write', path, 'EINVAL');
    writeFileSync(path, `${quota} ${period}\n`);
  },
  'io.weight': (_folder, value, path) => {
    const [device = '', weight] = value.split(' ');
    const others = kernelFiles
      .read(path)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(`${device} `));
    const lines = device !== 'default' && weight === 'default' ? others : [...others, value];
    const isOwn = (line: string) => !line.startsWith('default ');
    writeFileSync(path, `${lines.toSorted((one, other) => Number(isOwn(one)) - Number(isOwn(other))).join('\n')}\n`);
  },
  'io.max': (_folder, value, path) => {
    const [device = '', ...words] = value.split(' ');
    const lines = kernelFiles.read(path).split('\n').filter(Boolean);
    const old =
      lines.find((line) => line.startsWith(`${device} `)) ?? `${device} rbps=max wbps=max riops=max wiops=max`;
    const held = new Map(
      old
        .split(' ')
        .slice(1)
        .map((word) => word.split('=') as [string, string]),
    );
    for (const word of words) held.set(...(word.split('=') as [string, string]));
    const line = `${device} ${[...held].map((pair) => pair.join('=')).join(' ')}`;
    const rest = lines.filter((other) => !other.startsWith(`${device} `));
    const isLifted = [...held.values()].every((rate) => rate === 'max');
    writeFileSync(path, [...rest, ...(isLifted ? [] : [line])].join('\n'));
  },
};

/** As Linux 6.1, where a group that something lives in cannot be left without. */
function keepSet(folder: string, value: string, path: string): void {
  if (value === '' && kernelFiles.read(`${folder}/cgroup.procs`) !== '') throw refusal('write', path, 'ENOSPC');
  writeFileSync(path, `${value}\n`);
}

function react(path: string, text: string): void {
  // A kernel file exists or not; writing makes none.
  if (statSync(path, { throwIfNoEntry: false }) === undefined) throw refusal('write', path, 'ENOENT');
  const reaction = REACTIONS[path.slice(path.lastIndexOf('/') + 1)];
  if (reaction === undefined) writeFileSync(path, `${text}\n`);
  else reaction(dirname(path), text, path);
}

function killAll(folder: string): void {
  writeFileSync(`${folder}/cgroup.procs`, '');
  setMemory(folder, 0, 0);
  setEvents(folder, { populated: 0 });
}

function setEvents(folder: string, change: Readonly<Record<string, number>>): void {
  const held = Object.fromEntries(
    kernelFiles
      .read(`${folder}/cgroup.events`)
      .split('\n')
      .map((line) => line.split(' ')),
  ) as Record<string, string>;
  const lines = Object.entries({ ...held, ...change }).map(([key, value]) => `${key} ${value}\n`);
  writeFileSync(`${folder}/cgroup.events`, lines.join(''));
}

function setMemory(folder: string, anon: number, cache: number): void {
  if (!kernelFiles.exists(`${folder}/memory.current`)) return;
  writeFileSync(`${folder}/memory.current`, `${anon + cache}\n`);
  const stat = { anon, file: cache, kernel: 0, inactive_file: cache, active_file: 0, slab_reclaimable: 0 };
  const lines = Object.entries(stat).map(([key, value]) => `${key} ${value}\n`);
  writeFileSync(`${folder}/memory.stat`, lines.join(''));
}

function memoryOf(folder: string): { readonly anon: number; readonly cache: number } {
  const text = kernelFiles.read(`${folder}/memory.stat`);
  const figure = (key: string) => Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { anon: figure('anon'), cache: figure('file') };
}
