import { EngineError } from '../../model/errors.js';
import type { RunCommand } from '../command-spec.js';
import { formatHostAddress } from '../rows/ports.js';

export const port: RunCommand = async ({ cli, args }) => {
  const [ref = '', wanted] = args;
  if (wanted !== undefined) checkPort(wanted);
  const engine = await cli.engine();
  const { publishedPorts = [] } = await engine.containers.inspect(ref);
  if (wanted === undefined) {
    const lines = publishedPorts.map((one) => `${one.containerPort}/${one.protocol} -> ${formatHostAddress(one)}\n`);
    await cli.print(lines.toSorted(byPort).join(''));
    return 0;
  }
  const key = wanted.includes('/') ? wanted : `${wanted}/tcp`;
  const found = publishedPorts.filter((one) => `${one.containerPort}/${one.protocol}` === key);
  if (found.length === 0) throw new EngineError('not-found', `No public port '${wanted}' published for ${ref}`);
  await cli.print(found.map((one) => `${formatHostAddress(one)}\n`).join(''));
  return 0;
};

function checkPort(text: string): void {
  const [number = ''] = text.split('/');
  const isNumber = /^\d+$/.test(number);
  if (isNumber && Number(number) <= MAX_PORT) return;
  const reason = `strconv.ParseUint: parsing "${number}": ${isNumber ? 'value out of range' : 'invalid syntax'}`;
  throw new EngineError('invalid-argument', `invalid port (${number}): ${reason}`);
}

const MAX_PORT = 65_535;

function byPort(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10);
}
