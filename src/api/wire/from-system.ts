import type { EngineComponent, EngineInfo, EngineVersion } from '../../engine/engine.js';
import type { DiskUsage } from '../../model/disk-usage.js';
import type { ContainerId, ImageId, VolumeName } from '../../model/ids.js';
import { type JsonObject, toList, toNumber, toObject, toText, toTextMap, toTexts } from '../../model/json-values.js';
import { nonEmpty, omitUndefined } from '../../model/omit-undefined.js';

/** The answer of `GET /version`, the other direction of system.ts. */
export function fromWireVersion(value: unknown): EngineVersion {
  const wire = toObject(value);
  const components = toList(wire['Components']).map(toObject);
  return omitUndefined({
    version: toText(wire['Version']),
    apiVersion: toText(wire['ApiVersion']),
    minApiVersion: toText(wire['MinAPIVersion']),
    os: toText(wire['Os']),
    arch: toText(wire['Arch']),
    kernel: toText(wire['KernelVersion']),
    platform: toText(toObject(wire['Platform'])['Name']) || undefined,
    components: nonEmpty(components.map(fromWireComponent)),
  });
}

function fromWireComponent({ Name: name, Version: version, Details: details }: JsonObject): EngineComponent {
  return { name: toText(name), version: toText(version), details: toTextMap(details) };
}

/** The answer of `GET /info`. */
export function fromWireInfo(value: unknown): EngineInfo {
  const wire = toObject(value);
  return omitUndefined({
    id: toText(wire['ID']),
    name: toText(wire['Name']),
    rootDir: toText(wire['DockerRootDir']) || undefined,
    cpus: toNumber(wire['NCPU']),
    memoryBytes: toNumber(wire['MemTotal']),
    // Not told before 1.41, when there was one version.
    cgroupVersion: String(wire['CgroupVersion']) === '2' ? (2 as const) : (1 as const),
    storageDriver: toText(wire['Driver']),
    storageStatus: toList(wire['DriverStatus']).map((pair) => {
      const [name = '', status = ''] = toTexts(pair);
      return [name, status] as const;
    }),
    rootless: toTexts(wire['SecurityOptions']).some((option) => option.includes('name=rootless')),
    operatingSystem: toText(wire['OperatingSystem']),
  });
}

/** The answer of `GET /system/df` up to 1.51. What is -1 has not been measured, and counts as nothing. */
export function fromWireDiskUsage(value: unknown): DiskUsage {
  const wire = toObject(value);
  const images = toList(wire['Images']).map(toObject);
  const containers = toList(wire['Containers']).map(toObject);
  const volumes = toList(wire['Volumes']).map(toObject);
  const layers = size(wire['LayersSize']);
  const used = sum(images.filter((image) => image['Containers'] !== 0).map(ownBytes));
  const isRunning = ({ State: state }: JsonObject) => ['running', 'paused', 'restarting'].includes(toText(state));
  const isIdle = ({ UsageData: usage }: JsonObject) => toNumber(toObject(usage)['RefCount']) === 0;
  return {
    imagesBytes: layers,
    containersBytes: sum(containers.map(({ SizeRw }) => size(SizeRw))),
    volumesBytes: sum(volumes.map(volumeBytes)),
    reclaimable: {
      imagesBytes: Math.max(0, layers - used),
      containersBytes: sum(containers.filter((one) => !isRunning(one)).map(({ SizeRw }) => size(SizeRw))),
      volumesBytes: sum(volumes.filter(isIdle).map(volumeBytes)),
    },
    sharedBytesOf: new Map(images.map(({ Id, SharedSize }) => [toText(Id) as ImageId, size(SharedSize)])),
    containerBytesOf: new Map(containers.map(({ Id, SizeRw }) => [toText(Id) as ContainerId, size(SizeRw)])),
    volumeBytesOf: new Map(volumes.map((volume) => [toText(volume['Name']) as VolumeName, volumeBytes(volume)])),
  };
}

/** What only this image has. */
function ownBytes({ Size, VirtualSize, SharedSize }: JsonObject): number {
  return Math.max(0, size(Size ?? VirtualSize) - size(SharedSize));
}

function volumeBytes({ UsageData }: JsonObject): number {
  return size(toObject(UsageData)['Size']);
}

function size(value: unknown): number {
  return Math.max(0, toNumber(value));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}
