import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECCOMP_OPERATORS, type SpecSeccomp } from '../../src/engine/isolation/oci-spec.js';
import { compileSeccomp } from '../../src/engine/isolation/seccomp-bpf.js';
import { defaultSeccomp } from '../../src/engine/isolation/seccomp-default.js';
import { type SyscallArchitecture, syscallNumbers } from '../../src/engine/isolation/syscalls.js';
import { evaluatePolicy, lastNumber, runFilter } from '../support/seccomp-simulator.js';

const X86_64 = 0xc000003e;
const I386 = 0x40000003;
const ARM64 = 0xc00000b7;
const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;

/** Values around every constant that a rule of the default policy compares with, in both halves of the argument. */
const VALUES = [
  0, 1, 8, 9, 37, 38, 39, 40, 41, 0x10000000, 0x20000, 0x20008, 0x7e020000, 0x01200011, 0xffffffff,
].flatMap((low) => [BigInt(low), BigInt(low) + (1n << 32n), BigInt(low) + (0xffffffffn << 32n)]);

const POLICIES = [
  { title: 'the default capabilities', capabilities: ['SYS_CHROOT'] },
  { title: 'CAP_SYS_ADMIN', capabilities: ['SYS_CHROOT', 'SYS_ADMIN', 'SYS_TIME'] },
];

for (const { title, capabilities } of POLICIES) {
  test(`with ${title} the compiled default policy answers every call as the policy does`, () => {
    const x64 = defaultSeccomp(new Set(capabilities), 'x64');
    const arm64 = defaultSeccomp(new Set(capabilities), 'arm64');
    const compared = compareAll(x64, X86_64, 'x64') + compareAll(x64, I386, 'i386') + compareAll(arm64, ARM64, 'arm64');
    assert.ok(compared > 70_000, `${compared} calls compared`);
  });
}

test('every comparison of a rule is right on both halves of a 64-bit argument', () => {
  const constants = [0n, 5n, 0xffffffffn, 1n << 32n, (7n << 32n) + 5n, (1n << 64n) - 1n];
  const near = constants.flatMap((value) => [value - 1n, value, value + 1n]).map((value) => BigInt.asUintN(64, value));
  for (const op of SECCOMP_OPERATORS) {
    for (const value of constants) {
      const policy: SpecSeccomp = {
        defaultAction: 'SCMP_ACT_ERRNO',
        architectures: ['SCMP_ARCH_X86_64'],
        syscalls: [
          {
            names: ['read'],
            action: 'SCMP_ACT_ALLOW',
            args: [
              { index: 1, op, value, valueTwo: value & 0xff_0000_0005n },
              { index: 5, op: 'SCMP_CMP_NE', value: 3 },
            ],
          },
        ],
      };
      const program = compileSeccomp(policy);
      for (const given of near) {
        for (const other of [3n, 4n]) {
          const args = [0n, given, 0n, 0n, 0n, other];
          const answer = runFilter(program, { audit: X86_64, number: 0, args });
          assert.equal(answer, evaluatePolicy(policy, 'read', args), `${op} ${value} given ${given} ${other}`);
        }
      }
    }
  }
});

test('several conditions on one argument are alternatives', () => {
  const args = [0n, 1n, 2n, 3n].map((value) => [value]);
  const program = compileSeccomp({
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: [
      {
        names: ['read'],
        action: 'SCMP_ACT_LOG',
        args: [
          { index: 0, op: 'SCMP_CMP_EQ', value: 1 },
          { index: 0, op: 'SCMP_CMP_EQ', value: 3 },
        ],
      },
    ],
  });
  const answers = args.map((given) => runFilter(program, { audit: X86_64, number: 0, args: given }));
  assert.deepEqual(answers, [ERRNO + 1, 0x7ffc0000, ERRNO + 1, 0x7ffc0000]);
});

test('calls of the x32 ABI fail with ENOSYS and those of an unknown architecture kill', () => {
  const program = compileSeccomp(defaultSeccomp(new Set(), 'x64'));
  assert.equal(runFilter(program, { audit: X86_64, number: 0x40000000, args: [] }), ERRNO + 38);
  assert.equal(runFilter(program, { audit: X86_64, number: 0x40000209, args: [] }), ERRNO + 38);
  assert.equal(runFilter(program, { audit: ARM64, number: 0, args: [] }), 0x80000000);
  assert.equal(runFilter(program, { audit: X86_64, number: 0, args: [] }), ALLOW);
  assert.equal(runFilter(program, { audit: X86_64, number: 0xffffffff, args: [] }), ERRNO + 38);
});

test('a call newer than all that a profile names is one that the kernel has not, unless the profile forgives or kills', () => {
  const number = (syscallNumbers('x64').get('statx') ?? 0) + 1;
  for (const [defaultAction, wanted] of [
    ['SCMP_ACT_ERRNO', ERRNO + 38],
    ['SCMP_ACT_KILL_PROCESS', 0x80000000],
    ['SCMP_ACT_LOG', 0x7ffc0000],
  ] as const) {
    const syscalls = [{ names: ['read', 'statx'], action: 'SCMP_ACT_ALLOW' as const }];
    const program = compileSeccomp({ defaultAction, architectures: ['SCMP_ARCH_X86_64'], syscalls });
    assert.equal(runFilter(program, { audit: X86_64, number, args: [] }), wanted);
    assert.equal(runFilter(program, { audit: X86_64, number: number - 1, args: [] }), ALLOW);
  }
});

test('a default container may not make namespaces, mount, load modules or reach past its network', () => {
  const program = compileSeccomp(defaultSeccomp(new Set(['SYS_CHROOT']), 'x64'));
  const numbers = syscallNumbers('x64');
  const answer = (name: string, ...args: bigint[]) =>
    runFilter(program, { audit: X86_64, number: numbers.get(name) ?? -1, args });
  for (const name of [
    'unshare',
    'setns',
    'mount',
    'umount2',
    'init_module',
    'kexec_load',
    'bpf',
    'keyctl',
    'io_uring_setup',
  ]) {
    assert.equal(answer(name), ERRNO + 1, name);
  }
  assert.equal(answer('clone', 0x10000000n), ERRNO + 1);
  assert.equal(answer('clone', 0x01200011n), ALLOW);
  assert.equal(answer('clone3'), ERRNO + 38);
  assert.equal(answer('socket', 40n), ERRNO + 1);
  assert.equal(answer('socket', 2n), ALLOW);
  assert.equal(answer('chroot'), ALLOW);
});

function compareAll(policy: SpecSeccomp, audit: number, architecture: SyscallArchitecture): number {
  const program = compileSeccomp(policy);
  const names = new Map([...syscallNumbers(architecture)].map(([name, number]) => [number, name]));
  const last = lastNumber(policy, architecture);
  let compared = 0;
  for (const number of Array.from({ length: 520 }, (_, index) => index).concat(4096, 0x3fffffff)) {
    for (const value of VALUES) {
      const args = [value, 0n, 0n, 0n, 0n, 0n];
      const answer = runFilter(program, { audit, number, args });
      const wanted = number > last ? ERRNO + 38 : evaluatePolicy(policy, names.get(number), args);
      if (answer !== wanted) {
        assert.equal(answer, wanted, `${architecture} ${number} ${names.get(number)}(${value})`);
      }
      compared++;
    }
  }
  return compared;
}
