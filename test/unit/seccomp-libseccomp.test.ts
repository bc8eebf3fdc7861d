import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { SeccompOperator, SpecSeccomp } from '../../src/engine/isolation/oci-spec.js';
import { compileSeccomp } from '../../src/engine/isolation/seccomp-bpf.js';
import { defaultSeccomp } from '../../src/engine/isolation/seccomp-default.js';
import { type SyscallArchitecture, syscallNumbers } from '../../src/engine/isolation/syscalls.js';
import { compileProgram } from '../support/compile-program.js';
import { requires } from '../support/requires.js';
import { lastNumber, runFilter } from '../support/seccomp-simulator.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('command:cc', 'library:libseccomp.so.2');

/** AUDIT_ARCH_*, which are libseccomp's tokens too. */
const AUDIT: Readonly<Record<SyscallArchitecture, number>> = { x64: 0xc000003e, i386: 0x40000003, arm64: 0xc00000b7 };
const ACTIONS: Readonly<Record<string, number>> = { SCMP_ACT_ALLOW: 0x7fff0000, SCMP_ACT_ERRNO: 0x00050000 };
const OPERATORS: readonly SeccompOperator[] = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
];

/** Values around the constants of the default policy, in both halves of an argument. */
const VALUES = [0, 1, 7, 8, 9, 37, 38, 39, 40, 41, 0x10000000, 0x20000, 0x20008, 0x7e020000, 0x01200011, 0xffffffff]
  .map(BigInt)
  .flatMap((low) => [low, low + (1n << 32n)]);

function actionNumber(action: string, errno = 1): number {
  const number = ACTIONS[action];
  assert.ok(number !== undefined, action);
  return action === 'SCMP_ACT_ERRNO' ? number + errno : number;
}

/** The policy in the words of libseccomp-filter.c, a rule for each name. */
function toLines(policy: SpecSeccomp, architectures: readonly SyscallArchitecture[]): string {
  const lines = [`default ${actionNumber(policy.defaultAction, policy.defaultErrnoRet)}`];
  for (const architecture of architectures) lines.push(`arch ${AUDIT[architecture]}`);
  for (const { names, action, errnoRet, args = [] } of policy.syscalls) {
    const conditions = args.map(
      ({ index, op, value, valueTwo = 0 }) => `${index} ${OPERATORS.indexOf(op) + 1} ${value} ${valueTwo}`,
    );
    for (const name of names) lines.push(['rule', actionNumber(action, errnoRet), name, ...conditions].join(' '));
  }
  return `${lines.join('\n')}\n`;
}

for (const { title, capabilities } of [
  { title: 'the default capabilities', capabilities: ['SYS_CHROOT'] },
  { title: 'more capabilities', capabilities: ['SYS_CHROOT', 'SYS_ADMIN', 'SYS_TIME', 'SYS_PTRACE', 'BPF'] },
]) {
  test(`with ${title} the default policy compiled by us answers as the one compiled by libseccomp`, needs, (t) => {
    const program = compileProgram('libseccomp-filter', makeTemporaryFolder(t), '-l:libseccomp.so.2');
    const policy = defaultSeccomp(new Set(capabilities), 'x64');
    const theirs = spawnSync(program, { input: toLines(policy, ['x64', 'i386']) });
    assert.equal(theirs.status, 0, theirs.stderr.toString());
    const unknown = new Set(theirs.stderr.toString().split('\n'));
    const ours = compileSeccomp(policy);
    t.diagnostic(`${ours.length / 8} instructions, libseccomp ${theirs.stdout.length / 8}`);
    let compared = 0;
    for (const architecture of ['x64', 'i386'] as const) {
      const names = new Map([...syscallNumbers(architecture)].map(([name, number]) => [number, name]));
      // What is newer than the policy is answered as by runc, which puts that in front of libseccomp's program.
      for (let number = 0; number <= lastNumber(policy, architecture); number++) {
        const name = names.get(number) ?? '';
        if (unknown.has(name)) continue;
        // A 32-bit call has no upper halves.
        for (const value of VALUES.filter((each) => architecture === 'x64' || each < 1n << 32n)) {
          const attempt = { audit: AUDIT[architecture], number, args: [value] };
          const [own, other] = [runFilter(ours, attempt), runFilter(theirs.stdout, attempt)];
          if (own !== other) assert.equal(own, other, `${architecture} ${number} ${name}(${value})`);
          compared++;
        }
      }
    }
    assert.ok(compared > 15_000, `${compared} calls compared`);
  });
}
