// boot.mjs KERNEL INITRAMFS WORD…: runs the command in a virtual machine, in the current folder, and ends with its status; 124 when
// it takes too long, 125 when the machine ends without a status. Nothing is kept of what it does to files.
//
// The machine's only port is stdin and stdout of qemu: the command goes in (guest-run.sh reads it), what it prints comes out. Its
// status is written to a port of isa-debug-exit, with which qemu ends at once.

import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const [kernel, initramfs, ...command] = process.argv.slice(2);
const memoryMb = Number(process.env.GANTRY_VM_MEMORY_MB ?? 3072);
const timeoutS = Number(process.env.GANTRY_VM_TIMEOUT_S ?? 3600);
const consoleFile = process.env.GANTRY_VM_CONSOLE;

/** A test may take this many times what it takes on the host: all is emulated. */
const SLOWER = 6;

const settings = [
  ...['console=ttyS0', consoleFile === undefined ? 'quiet' : 'loglevel=7', 'panic=-1', 'mitigations=off', 'nokaslr'],
  ...['no_timer_check', 'tsc=reliable', 'random.trust_cpu=on', 'rcupdate.rcu_expedited=1'],
  `scripts=${dirname(fileURLToPath(import.meta.url))}`,
];

const machine = [
  ...['-accel', 'tcg,thread=multi,tb-size=512', '-machine', 'pc,usb=off,vmport=off,hpet=off', '-cpu', 'max'],
  ...['-smp', '2', '-m', String(memoryMb), '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
  ...['-kernel', kernel, '-initrd', initramfs, '-append', settings.join(' ')],
  ...['-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap'],
  ...[
    '-device',
    'virtio-9p-pci,fsdev=host,mount_tag=host',
    '-device',
    'virtio-rng-pci',
    '-device',
    'virtio-serial-pci',
  ],
  ...['-chardev', 'stdio,id=port,signal=off', '-device', 'virtserialport,chardev=port,name=gantry'],
  ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04'],
  ...['-serial', consoleFile === undefined ? 'null' : `file:${consoleFile}`],
];

// The kernel ends it with this process, however that ends.
const guarded = ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...machine];
const qemu = spawn('setpriv', guarded, { stdio: ['pipe', 'inherit', 'inherit'] });
let hasTimedOut = false;
const timer = setTimeout(() => {
  hasTimedOut = true;
  qemu.kill('SIGKILL');
}, timeoutS * 1000);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => qemu.kill('SIGKILL'));

const limits = [
  `GANTRY_TEST_SLOWER=${SLOWER}`,
  `TEST_TIMEOUT_MS=${300_000 * SLOWER}`,
  `TEST_DEADLINE_MS=${600_000 * SLOWER}`,
];
qemu.stdin.on('error', () => undefined);
qemu.stdin.write([process.cwd(), 'env', ...limits, ...command, '', ''].join('\n'));

qemu.on('error', (error) => end(125, `cannot be started: ${error.message}`));
qemu.on('close', (code) => {
  const status = ((code ?? 0) >> 1) - 16;
  if (hasTimedOut) end(124, `has not ended within ${timeoutS} s`);
  else if (status < 0) end(125, `ended without a status of the command (qemu: ${code})`);
  else end(status);
});

function end(status, complaint) {
  clearTimeout(timer);
  if (complaint !== undefined) process.stderr.write(`gantry: the virtual machine ${complaint}\n`);
  process.exitCode = status;
}
