import { toWireInfo, type WireInfo } from '../../api/wire/system.js';
import { formatBinaryBytes } from '../../model/units.js';
import type { RunCommand } from '../command-spec.js';
import { renderObject } from '../format/render-object.js';

export const info: RunCommand = async ({ cli, flags }) => {
  const engine = await cli.engine();
  const [info, version, containers, images] = await Promise.all([
    engine.system.info(),
    engine.system.version(),
    engine.containers.list({ all: true }),
    engine.images.list(),
  ]);
  const wire = toWireInfo({ info, version, containers, imageCount: images.length });
  const run = info.runRootDir === undefined ? [] : [` Run Root Dir: ${info.runRootDir}`];
  await cli.print(renderObject(wire, flags.text('format')) ?? `${[...describe(wire), ...run].join('\n')}\n`);
  return 0;
};

function describe(wire: WireInfo): readonly string[] {
  return [
    'Engine:',
    ` Containers: ${wire.Containers}`,
    `  Running: ${wire.ContainersRunning}`,
    `  Paused: ${wire.ContainersPaused}`,
    `  Stopped: ${wire.ContainersStopped}`,
    ` Images: ${wire.Images}`,
    ` Server Version: ${wire.ServerVersion}`,
    ` Storage Driver: ${wire.Driver}`,
    ...wire.DriverStatus.map(([name, value]) => `  ${name}: ${value}`),
    ` Logging Driver: ${wire.LoggingDriver}`,
    ` Cgroup Driver: ${wire.CgroupDriver}`,
    ` Cgroup Version: ${wire.CgroupVersion}`,
    ` Kernel Version: ${wire.KernelVersion}`,
    ` Operating System: ${wire.OperatingSystem}`,
    ` OSType: ${wire.OSType}`,
    ` Architecture: ${wire.Architecture}`,
    ` CPUs: ${wire.NCPU}`,
    ` Total Memory: ${formatBinaryBytes(wire.MemTotal)}`,
    ` Name: ${wire.Name}`,
    ` ID: ${wire.ID}`,
    ` Root Dir: ${wire.DockerRootDir}`,
  ];
}
