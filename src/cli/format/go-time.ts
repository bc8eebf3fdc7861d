/**
 * Formats times as Go's Time.String shows them to the second, in the local zone: `2026-11-23 17:36:09 +0000 UTC`. One for many
 * times: what names the zone takes a millisecond to make.
 */
export function createGoTimeFormat(): (atMs: number) => string {
  let zones: Intl.DateTimeFormat | undefined;
  return (atMs) => {
    zones ??= new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' });
    const zone = zones.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value;
    return `${localIso(atMs).replace('T', ' ')} ${formatOffset(atMs, '')} ${zone ?? 'UTC'}`;
  };
}

/** RFC 3339 in the local zone with nine digits, as events are printed. */
export function formatEventTime(atMs: number): string {
  const nanos = String(Math.round((atMs - Math.floor(atMs / 1000) * 1000) * 1_000_000)).padStart(9, '0');
  const offset = formatOffset(atMs, ':');
  return `${localIso(atMs)}.${nanos}${offset === '+00:00' ? 'Z' : offset}`;
}

/** RFC 3339 in the local zone to the second. */
export function formatLocalTime(atMs: number): string {
  const offset = formatOffset(atMs, ':');
  return `${localIso(atMs)}${offset === '+00:00' ? 'Z' : offset}`;
}

function localIso(atMs: number): string {
  const shifted = new Date(atMs - new Date(atMs).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}

function formatOffset(atMs: number, separator: string): string {
  const minutes = -new Date(atMs).getTimezoneOffset();
  const pad = (value: number) => String(value).padStart(2, '0');
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(absolute / 60))}${separator}${pad(absolute % 60)}`;
}
