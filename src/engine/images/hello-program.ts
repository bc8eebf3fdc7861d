/**
 * A whole Linux program of a few hundred bytes that writes `message` to stdout and exits: one ELF header, one program
 * header, a dozen instructions. It is put together here, so that the image is the same everywhere and no compiler is
 * needed. elf(5), syscall(2). Undefined for an architecture without a version.
 */
export function makeHelloProgram(architecture: string, message: string): Buffer | undefined {
  const target = TARGETS[architecture];
  if (target === undefined) return undefined;
  const text = Buffer.from(message);
  const code = target.assemble(text.length);
  const program = Buffer.concat([Buffer.alloc(CODE_OFFSET), code, text]);
  writeElfHeader(program, target.machine);
  writeProgramHeader(program);
  return program;
}

const BASE_ADDRESS = 0x400000;
const ELF_HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const CODE_OFFSET = ELF_HEADER_SIZE + PROGRAM_HEADER_SIZE;

interface Target {
  /** e_machine. */
  readonly machine: number;
  /** Code for write(1, what follows the code, length) and exit(0). */
  readonly assemble: (length: number) => Buffer;
}

const TARGETS: Readonly<Record<string, Target>> = {
  amd64: { machine: 62, assemble: assembleAmd64 },
  arm64: { machine: 183, assemble: assembleArm64 },
};

function assembleAmd64(length: number): Buffer {
  const code = Buffer.from(
    [
      'b801000000', // mov eax, 1 (write)
      'bf01000000', // mov edi, 1
      '488d3500000000', // lea rsi, [rip + distance]
      'ba00000000', // mov edx, length
      '0f05', // syscall
      'b83c000000', // mov eax, 60 (exit)
      '31ff', // xor edi, edi
      '0f05', // syscall
    ].join(''),
    'hex',
  );
  const afterLea = 17;
  code.writeUInt32LE(code.length - afterLea, 13);
  code.writeUInt32LE(length, 18);
  return code;
}

function assembleArm64(length: number): Buffer {
  const instructions = [
    0xd2800808, // mov x8, 64 (write)
    0xd2800020, // mov x0, 1
    0x10000001, // adr x1, distance
    0xd2800002, // mov x2, length
    0xd4000001, // svc 0
    0xd2800ba8, // mov x8, 93 (exit)
    0xd2800000, // mov x0, 0
    0xd4000001, // svc 0
  ];
  const code = Buffer.alloc(instructions.length * 4);
  for (const [index, instruction] of instructions.entries()) code.writeUInt32LE(instruction, index * 4);
  const distance = code.length - 8;
  code.writeUInt32LE(0x10000001 + (distance >> 2) * 32, 8);
  code.writeUInt32LE((0xd2800002 | (length << 5)) >>> 0, 12);
  return code;
}

function writeElfHeader(program: Buffer, machine: number): void {
  // 64 bits, little endian, version 1.
  program.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  program.writeUInt16LE(2, 16);
  program.writeUInt16LE(machine, 18);
  program.writeUInt32LE(1, 20);
  program.writeBigUInt64LE(BigInt(BASE_ADDRESS + CODE_OFFSET), 24);
  program.writeBigUInt64LE(BigInt(ELF_HEADER_SIZE), 32);
  program.writeUInt16LE(ELF_HEADER_SIZE, 52);
  program.writeUInt16LE(PROGRAM_HEADER_SIZE, 54);
  program.writeUInt16LE(1, 56);
  program.writeUInt16LE(64, 58);
}

/** The whole file is one segment, readable and executable. */
function writeProgramHeader(program: Buffer): void {
  const at = ELF_HEADER_SIZE;
  program.writeUInt32LE(1, at);
  program.writeUInt32LE(5, at + 4);
  program.writeBigUInt64LE(0n, at + 8);
  program.writeBigUInt64LE(BigInt(BASE_ADDRESS), at + 16);
  program.writeBigUInt64LE(BigInt(BASE_ADDRESS), at + 24);
  program.writeBigUInt64LE(BigInt(program.length), at + 32);
  program.writeBigUInt64LE(BigInt(program.length), at + 40);
  program.writeBigUInt64LE(0x1000n, at + 48);
}
