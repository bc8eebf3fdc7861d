/** Hidden from containers: they show the host, or let it be changed. moby daemon/pkg/oci/defaults.go. */
const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

/** Readable, not writable. The same place. */
export const DEFAULT_READONLY_PATHS: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

/** Docker's masked paths on this host; `throttlePaths` are the thermal_throttle folders of its CPUs. */
export function defaultMaskedPaths(throttlePaths: readonly string[]): readonly string[] {
  return [...MASKED, ...throttlePaths];
}
