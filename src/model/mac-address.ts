/** The six bytes of a hardware address as `02:42:ac:11:00:02`; undefined where the text is none in one of Go's three ways of writing it. */
export function normalizeMacAddress(text: string): string | undefined {
  const isBytes = /^[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})$/i.test(text);
  if (!isBytes && !/^[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}$/i.test(text)) return undefined;
  return text
    .toLowerCase()
    .replaceAll(/[:.-]/g, '')
    .replaceAll(/..(?=.)/g, '$&:');
}
