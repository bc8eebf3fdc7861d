import type { DeviceWeight } from '../../../model/limits.js';
import type { DriverContext } from './driver-context.js';

/** True where bfq schedules all of the devices: it refuses weights for others. Kernel: block/bfq-iosched.rst. */
export function areScheduledByBfq(
  { files, toMajorMinor }: DriverContext,
  devices: readonly DeviceWeight[] = [],
): boolean {
  return devices.every(({ path }) => {
    const folder = `/sys/dev/block/${toMajorMinor(path)}`;
    // A partition has the queue of its disk.
    const queues = [`${folder}/queue/scheduler`, `${folder}/../queue/scheduler`];
    return queues.some((queue) => files.readIfThere(queue)?.includes('[bfq]') === true);
  });
}
