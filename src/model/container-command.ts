/** The command as Docker lists it: words with a space stand in single quotes. */
export function formatCommand(path: string, args: readonly string[]): string {
  return [path, ...args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg))].join(' ');
}
