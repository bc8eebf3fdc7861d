import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/command-table.js';
import { FakeEngine } from '../support/fake-engine.js';
import { runCommand } from '../support/run-command.js';

/** The flags of the docker client 28, by command; `run` and `create` are RUN below. Swarm's and networks' own are left out. */
const FLAGS: Readonly<Record<string, string>> = {
  ps: 'all filter format last latest no-trunc quiet size',
  images: 'all digests filter format no-trunc quiet tree',
  logs: 'details follow since tail timestamps until',
  exec: 'detach detach-keys env env-file interactive privileged tty user workdir',
  start: 'attach checkpoint checkpoint-dir detach-keys interactive',
  stop: 'signal timeout',
  restart: 'signal timeout',
  kill: 'signal',
  cp: 'archive follow-link quiet',
  update:
    'blkio-weight cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems memory ' +
    'memory-reservation memory-swap pids-limit restart',
  rm: 'force link volumes',
  rmi: 'force no-prune platform',
  inspect: 'format size type',
  events: 'filter format since until',
  stats: 'all format no-stream no-trunc',
  save: 'output platform',
  load: 'input platform quiet',
  import: 'change message platform',
  export: 'output',
  commit: 'author change message pause',
  history: 'format human no-trunc platform quiet',
  'volume create': 'driver label opt availability group limit-bytes required-bytes scope secret sharing type',
  'volume ls': 'cluster filter format quiet',
  'volume rm': 'force',
  'volume prune': 'all filter force',
  'image prune': 'all filter force',
  'container prune': 'filter force',
  'system df': 'format verbose',
  'system prune': 'all filter force volumes',
  info: 'format',
  version: 'format',
  attach: 'detach-keys no-stdin sig-proxy',
};

const CREATE =
  'add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile ' +
  'cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems ' +
  'device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops ' +
  'disable-content-trust dns dns-option dns-search domainname entrypoint env env-file expose gpus group-add ' +
  'health-cmd health-interval health-retries health-start-interval health-start-period health-timeout hostname init ' +
  'interactive io-maxbandwidth io-maxiops ip ip6 ipc isolation kernel-memory label label-file link link-local-ip ' +
  'log-driver log-opt mac-address memory memory-reservation memory-swap memory-swappiness mount name network ' +
  'network-alias no-healthcheck oom-kill-disable oom-score-adj pid pids-limit platform privileged publish ' +
  'publish-all pull quiet read-only restart rm runtime security-opt shm-size stop-signal stop-timeout storage-opt ' +
  'sysctl tmpfs tty ulimit use-api-socket user userns uts volume volume-driver volumes-from workdir';

const ALL = { ...FLAGS, create: CREATE, run: `${CREATE} detach detach-keys sig-proxy` };

for (const [name, flags] of Object.entries(ALL)) {
  test(`every flag of docker ${name} is known`, () => {
    const spec = COMMANDS.find(({ names }) => names.includes(name));
    const own = new Set(spec?.flags.map(({ long }) => long));
    assert.deepEqual(
      flags.split(' ').filter((flag) => !own.has(flag)),
      [],
    );
  });
}

test('a flag that is not done is refused with its reason, and not in the help', async () => {
  const engine = new FakeEngine();
  let count = 0;
  for (const { names, flags } of COMMANDS) {
    const [name = ''] = names.toReversed();
    for (const { long, kind, refused } of flags.filter((flag) => flag.refused !== undefined)) {
      const words = [...name.split(' '), `--${long}`, ...(kind === 'bool' ? [] : ['1'])];
      const { code, stderr } = await runCommand(engine, words);
      assert.deepEqual([code, stderr.split('\n')[0]], [125, `gantry: --${long} is not possible: ${refused}`]);
      const { stdout } = await runCommand(engine, [...name.split(' '), '--help']);
      assert.doesNotMatch(stdout, new RegExp(`--${long}\\b(?!-)`));
      count++;
    }
  }
  assert.ok(count > 38, `${count}`);
});
