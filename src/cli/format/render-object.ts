import { compileTemplate } from './template.js';

/** One object as JSON or by a template; undefined where no format was given, and the command has its own text. */
export function renderObject(value: object, format: string | undefined): string | undefined {
  if (format === undefined || format === '') {
    return undefined;
  }
  return format === 'json' ? `${JSON.stringify(value)}\n` : `${compileTemplate(format).execute(value)}\n`;
}
