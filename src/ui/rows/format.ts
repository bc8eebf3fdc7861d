const UNITS = ['B', 'K', 'M', 'G', 'T', 'P'];

/** Bytes in at most five characters, powers of 1024: `0B`, `311M`, `1.2G`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = value < 9.95 && unit > 0 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
  return `${text}${UNITS[unit] ?? ''}`;
}

/** A length of time in at most four characters: `12s`, `3m`, `2h`, `4d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  const days = Math.floor(seconds / 86_400);
  return days < 365 ? `${days}d` : `${Math.floor(days / 365)}y`;
}

/** A share 0..1 as whole percent; `-` where it is not known. */
export function formatShare(share: number): string {
  return Number.isNaN(share) ? '-' : `${Math.round(share * 100)}%`;
}

/** CPUs as the percent `docker stats` shows: 1.5 CPUs are 150.0. `-` where not known. */
export function formatCpuPercent(cpus: number): string {
  if (Number.isNaN(cpus)) return '-';
  const percent = cpus * 100;
  return percent < 99.95 ? percent.toFixed(1) : String(Math.round(percent));
}

/** Local time of day. */
export function formatClock(atMs: number): string {
  const date = new Date(atMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Bytes per second; `-` where not known. */
export function formatRate(bytesPerSecond: number): string {
  return Number.isNaN(bytesPerSecond) ? '-' : formatBytes(bytesPerSecond);
}
