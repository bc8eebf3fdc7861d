/** man(7): the few requests that pages are made of. */

export interface PageTitle {
  /** Of the page, such as `gantry-run`. */
  readonly name: string;
  readonly version: string;
}

/** No date: the same sources make the same pages. */
export function heading({ name, version }: PageTitle): string {
  return `.TH "${escapeRoff(name.toUpperCase())}" 1 "" "Gantry ${version}" "Gantry"\n`;
}

/** A backslash, a dash that is a minus, and a dot or an apostrophe that begins a line mean something else to roff. */
export function escapeRoff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('`', '\\(ga')
    .replace(/^\./gm, '\\&.')
    .replace(/[^\n -~]/gu, (character) => `\\[u${toHex(character)}]`);
}

/** As groff_char(7) names them: four digits at least. */
function toHex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

export function bold(text: string): string {
  return `\\fB${escapeRoff(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${escapeRoff(text)}\\fR`;
}

export function paragraph(text: string): string {
  return `.PP\n${escapeRoff(text)}`;
}

/** A term, which is roff already, and what it means. */
export function tagged(term: string, text: string): string {
  return `.TP\n${term}\n${escapeRoff(text)}`;
}
