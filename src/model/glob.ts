/** Compiles a glob over names with slashes: `*` and `?` stay within a part, `**` goes over any number of them. */
export function compileGlob(glob: string): (name: string) => boolean {
  const source = glob.replaceAll(/\*\*\/|\*\*|\*|\?|[^*?]/g, (part) => GLOB_PARTS[part] ?? escapeLetter(part));
  const pattern = new RegExp(`^${source}$`);
  return (name) => pattern.test(name);
}

const GLOB_PARTS: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };

function escapeLetter(letter: string): string {
  return letter.replace(/[.+^${}()|[\]\\]/, String.raw`\$&`);
}
