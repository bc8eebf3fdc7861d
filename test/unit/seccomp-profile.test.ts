import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileSeccomp } from '../../src/engine/isolation/seccomp-bpf.js';
import { loadSeccompProgram } from '../../src/engine/isolation/seccomp-cache.js';
import { defaultSeccomp } from '../../src/engine/isolation/seccomp-default.js';
import { parseSeccompProfile, type SeccompTarget } from '../../src/engine/isolation/seccomp-profile.js';

const TARGET: SeccompTarget = { capabilities: new Set(['SYS_TIME']), architecture: 'x64', kernel: [6, 1] };

test('the conditions of a profile are resolved by capability, architecture and kernel', () => {
  const rule = (name: string, conditions: object) => ({ names: [name], action: 'SCMP_ACT_ALLOW', ...conditions });
  const profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 38,
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
    syscalls: [
      rule('a', { includes: { caps: ['CAP_SYS_TIME'] } }),
      rule('b', { includes: { caps: ['CAP_SYS_ADMIN'] } }),
      rule('c', { excludes: { caps: ['CAP_SYS_TIME'] } }),
      rule('d', { includes: { arches: ['arm64'] } }),
      rule('e', { includes: { arches: ['amd64'], minKernel: '5.8' } }),
      rule('f', { includes: { minKernel: '6.2' } }),
      { name: 'g', action: 'SCMP_ACT_ERRNO', errnoRet: 2, args: null, comment: 'unknown fields are fine' },
    ],
  };
  const resolved = parseSeccompProfile(JSON.stringify(profile), TARGET);
  assert.deepEqual(resolved, {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 38,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: [
      { names: ['a'], action: 'SCMP_ACT_ALLOW' },
      { names: ['e'], action: 'SCMP_ACT_ALLOW' },
      { names: ['g'], action: 'SCMP_ACT_ERRNO', errnoRet: 2 },
    ],
  });
});

test('a mask of 64 bits keeps every bit', () => {
  const text = `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_ERRNO",
    "args":[{"index":1,"value":18446744073709551615,"op":"SCMP_CMP_MASKED_EQ"}]}]}`;
  const [call] = parseSeccompProfile(text, TARGET).syscalls;
  assert.deepEqual(call?.args, [{ index: 1, value: 2n ** 64n - 1n, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]);
});

test('a profile that is none is refused with the reason', () => {
  const refuses = (text: string, message: RegExp) =>
    assert.throws(() => parseSeccompProfile(text, TARGET), { kind: 'invalid-argument', message });
  refuses('{', /^Decoding seccomp profile failed: /);
  refuses('[]', /the profile is not an object/);
  refuses('{}', /defaultAction missing is not known/);
  refuses('{"defaultAction":"SCMP_ACT_NOTIFY"}', /defaultAction "SCMP_ACT_NOTIFY" is not known/);
  const both = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ name: 'a', names: ['b'], action: 'SCMP_ACT_ALLOW' }] };
  refuses(JSON.stringify(both), /both 'name' and 'names' are specified/);
});

test('a program is compiled once for a policy and kept, and is taken for that policy alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-seccomp-'));
  try {
    const policy = defaultSeccomp(new Set(['CHOWN']), 'x64');
    const program = compileSeccomp(policy);
    assert.deepEqual(await loadSeccompProgram(folder, structuredClone(policy)), program);
    const [name = ''] = readdirSync(folder);
    const kept = readFileSync(join(folder, name));
    const ofPolicy = kept.subarray(0, kept.length - program.length);
    const other = Buffer.alloc(16, 6);
    writeFileSync(join(folder, name), Buffer.concat([ofPolicy, other]));
    assert.deepEqual(await loadSeccompProgram(folder, structuredClone(policy)), other);
    for (const text of [String(ofPolicy).replace('CHOWN', 'KILL').replace('ALLOW', 'ERRNO'), '', 'cut off']) {
      writeFileSync(join(folder, name), Buffer.concat([Buffer.from(text), other]));
      assert.deepEqual(await loadSeccompProgram(folder, structuredClone(policy)), program, text);
    }
    await loadSeccompProgram(folder, defaultSeccomp(new Set(['SYS_ADMIN']), 'x64'));
    assert.equal(readdirSync(folder).length, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
