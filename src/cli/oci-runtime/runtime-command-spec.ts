import type { FlagSpec, Flags } from '../../model/flags.js';
import type { OciRuntime } from '../../model/oci-runtime.js';
import type { Cli } from '../command-spec.js';

/** A command behind `gantry runtime`: its name, flags and operands are runc's. */
export interface RuntimeCommand {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly flags: readonly FlagSpec[];
  readonly operands: readonly [number, number];
  readonly interspersed?: boolean;
  /** The exit code of a failure; 1 where absent. */
  readonly errorCode?: number;
  readonly run: (call: RuntimeCall) => Promise<number>;
}

export interface RuntimeCall {
  readonly cli: Cli;
  readonly args: readonly string[];
  readonly flags: Flags;
  readonly runtime: OciRuntime;
}
