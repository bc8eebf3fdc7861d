/** The lines of a text, in which what is different by chance has a name in angle brackets. */
export function toStableLines(text: string): readonly string[] {
  return (
    text
      .split('\n')
      .map((line) =>
        line
          .replace(/\/tmp\/gantry-door-\w+/g, '<folder>')
          .replace(/\b[0-9a-f]{64}\b/g, '<id>')
          .replace(/\b[0-9a-f]{12}\b/g, '<short id>')
          .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d\d:?\d\d( \w+)?)?/g, '<time>')
          .replace(/\b(Less than a second|About an? \w+|\d+ (second|minute|hour)s?)( ago)?/g, '<while>$3')
          .replace(/\b\d+(\.\d+)? ?[kKMG]?i?B\b/g, '<size>')
          .replace(/ {2,}/g, '  ')
          .trimEnd(),
      )
      // What the client says of its own connection, which it may lose before it has sent everything.
      .filter((line) => line !== '' && !/^time="<time>" level=error msg="Can't .* to tar|close tar writer/.test(line))
  );
}
