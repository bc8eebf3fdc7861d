import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import type { TestContext } from 'node:test';

/** Another machine: a network namespace with a link to a host. */
export interface SecondHost {
  /** What a command there begins with. */
  readonly by: readonly string[];
  /** Of the other host, as this one reaches it. */
  readonly hostAddress: string;
  /** Its own. */
  readonly address: string;
}

export interface SecondHostOptions {
  /** What a command begins with in the network namespace of the other host; that of the test when absent. */
  readonly hostBy?: readonly string[];
  /** The other host's end of the link. */
  readonly linkName?: string;
  /** Both of one subnet of four. */
  readonly addresses?: Pick<SecondHost, 'hostAddress' | 'address'>;
}

/** It is gone when the test ends. Needs the command ip. */
export function makeSecondHost(t: Pick<TestContext, 'after'>, options: SecondHostOptions = {}): SecondHost {
  const name = `gt-${randomBytes(3).toString('hex')}`;
  const { hostBy = [], linkName = name, addresses = chooseAddresses() } = options;
  const { hostAddress, address } = addresses;
  const ip = (...words: readonly string[]) => execFileSync('ip', words, { stdio: 'ignore' });
  const toHost = (words: readonly string[]): [string, string[]] => {
    const [program = 'ip', ...rest] = [...hostBy, 'ip', ...words];
    return [program, rest];
  };
  const ipOfHost = (...words: readonly string[]) => execFileSync(...toHost(words), { stdio: 'ignore' });
  ip('netns', 'add', name);
  // With the namespace the link goes too, only later: another of the same name may be made at once.
  t.after(() => {
    // A test may have taken it away.
    spawnSync(...toHost(['link', 'delete', linkName]), { stdio: 'ignore' });
    ip('netns', 'delete', name);
  });
  ipOfHost('link', 'add', linkName, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  ipOfHost('addr', 'add', `${hostAddress}/30`, 'dev', linkName);
  ipOfHost('link', 'set', linkName, 'up');
  ip('-n', name, 'addr', 'add', `${address}/30`, 'dev', 'eth0');
  ip('-n', name, 'link', 'set', 'eth0', 'up');
  ip('-n', name, 'link', 'set', 'lo', 'up');
  ip('-n', name, 'route', 'add', 'default', 'via', hostAddress);
  return { by: ['ip', 'netns', 'exec', name], ...addresses };
}

/** Of a part of 198.18.0.0/15 that no other test has chosen. It is for tests of networks: RFC 2544 */
function chooseAddresses(): Pick<SecondHost, 'hostAddress' | 'address'> {
  const [third, last] = [randomInt(256), 4 * randomInt(64)];
  return { hostAddress: `198.18.${third}.${last + 1}`, address: `198.18.${third}.${last + 2}` };
}
