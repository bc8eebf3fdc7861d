import type { z } from 'zod/mini';
import { goObject, goSet, goText, goTextMap, goTextOrTexts, goTexts } from './go-json.js';

/** The body of `POST /commit`: what of Config an image keeps. */
export const commitSchema = goObject({
  User: goText,
  ExposedPorts: goSet,
  Env: goTexts,
  Cmd: goTextOrTexts,
  Volumes: goSet,
  WorkingDir: goText,
  Entrypoint: goTextOrTexts,
  Labels: goTextMap,
  StopSignal: goText,
});

/** The same as the instructions of a Dockerfile that say it. */
export function toCommitChanges(wire: z.output<typeof commitSchema>): readonly string[] {
  const quote = JSON.stringify;
  return [
    ...(wire.User ? [`USER ${wire.User}`] : []),
    ...(wire.WorkingDir ? [`WORKDIR ${wire.WorkingDir}`] : []),
    ...(wire.StopSignal ? [`STOPSIGNAL ${wire.StopSignal}`] : []),
    ...Object.keys(wire.ExposedPorts ?? {}).map((port) => `EXPOSE ${port}`),
    ...Object.keys(wire.Volumes ?? {}).map((path) => `VOLUME ${quote([path])}`),
    ...(wire.Env ?? []).filter((text) => /^[^=]+=/.test(text)).map((text) => `ENV ${quoteValue(text)}`),
    ...Object.entries(wire.Labels ?? {}).map(([name, value]) => `LABEL ${quote(name)}=${quote(value)}`),
    ...((wire.Entrypoint ?? []).length > 0 ? [`ENTRYPOINT ${quote(wire.Entrypoint)}`] : []),
    ...((wire.Cmd ?? []).length > 0 ? [`CMD ${quote(wire.Cmd)}`] : []),
  ];
}

/** `NAME="value"`: a value may have blanks. */
function quoteValue(text: string): string {
  const index = text.indexOf('=');
  return `${text.slice(0, index)}=${JSON.stringify(text.slice(index + 1))}`;
}
