import type { CheckedCounts, CheckStep, Repair } from '../../model/finding.js';
import { describeFinding } from '../../model/finding-text.js';
import { formatDecimalBytes } from '../../model/units.js';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { EXIT_NOT_RUN } from '../exit-codes.js';

/** Exit code 0: whole, or whole again; 1: something is left. Each finding is told as it is found. */
export const checkSystem: RunCommand = async ({ cli, flags }) => {
  const format = flags.text('format') ?? '';
  if (format !== '' && format !== 'json')
    throw new CliError(`gantry: invalid format "${format}": only json is known`, EXIT_NOT_RUN);
  const { system } = await cli.engine();
  if (system.check === undefined) throw new CliError('gantry: this engine cannot check what it keeps');
  const options = { quick: flags.isSet('quick'), repair: flags.isSet('repair'), signal: cli.interrupted };
  let code = 1;
  for await (const step of system.check(options)) {
    if (step.kind === 'done' && step.left === 0) code = 0;
    await cli.print(format === 'json' ? formatJson(step) : formatText(step));
  }
  return code;
};

/** A line of JSON for each finding, and one for the end. */
function formatJson(step: CheckStep): string {
  if (step.kind === 'room') return '';
  if (step.kind === 'done') {
    const { counts, left, mended } = step;
    return `${JSON.stringify({ Kind: 'done', Whole: left === 0, Left: left, Mended: mended, Checked: counts })}\n`;
  }
  const { kind, ...details } = step.finding;
  const { what, meaning } = describeFinding(step.finding);
  const repair = step.repair === undefined ? {} : { Repair: step.repair };
  return `${JSON.stringify({ Kind: kind, Finding: what, Meaning: meaning, Details: details, ...repair })}\n`;
}

function formatText(step: CheckStep): string {
  if (step.kind === 'room') return '';
  if (step.kind === 'finding') {
    const { what, meaning } = describeFinding(step.finding);
    return `${what}\n  ${meaning}\n${step.repair === undefined ? '' : `  ${formatRepair(step.repair)}\n`}`;
  }
  return `${formatCounts(step.counts)}\n${formatOutcome(step.left, step.mended)}\n`;
}

function formatRepair(repair: Repair): string {
  return repair.outcome === 'mended' ? `mended: ${repair.action}` : `left: ${repair.reason}`;
}

function formatCounts(counts: CheckedCounts): string {
  const { rows, blobs, hashedBytes, layers, comparedLayers, images, containers, volumes } = counts;
  const parts = [
    count(rows, 'row'),
    `${count(blobs, 'blob')} (${formatDecimalBytes(hashedBytes)} read)`,
    `${count(layers, 'layer')} (${comparedLayers} compared)`,
    count(images, 'image'),
    count(containers, 'container'),
    count(volumes, 'volume'),
  ];
  return `checked ${parts.join(', ')}`;
}

function formatOutcome(left: number, mended: number): string {
  const done = mended === 0 ? '' : `, ${mended} mended`;
  return left === 0 ? `whole${done}` : `damaged: ${count(left, 'finding')} left${done}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
