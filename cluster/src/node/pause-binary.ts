// What does a pod's sandbox run? The smallest program that holds namespaces open: it ignores ended
// children, so that they are reaped when a pod shares its process namespace, and waits for signals
// for ever. Written here byte by byte, so that no compiler is needed; x86-64 only.
const codeAddress = 0x400000

/** A static ELF executable of under 200 bytes. */
export function pauseBinary(): Buffer {
  const headers = 64 + 56
  const code = Buffer.from([
    0xb8, 13, 0, 0, 0, // mov eax, rt_sigaction
    0xbf, 17, 0, 0, 0, // mov edi, SIGCHLD
    0x48, 0x8d, 0x35, 22, 0, 0, 0, // lea rsi, [rip + 22]: the action below
    0x31, 0xd2, // xor edx, edx
    0x41, 0xba, 8, 0, 0, 0, // mov r10d, 8: size of a signal set
    0x0f, 0x05, // syscall
    0xb8, 34, 0, 0, 0, // mov eax, pause
    0x0f, 0x05, // syscall
    0xeb, 0xf7, // jmp to the line of pause
    0, 0, 0, // padding up to the action
  ]) // prettier-ignore
  const action = Buffer.alloc(32)
  action.writeBigUInt64LE(1n, 0) // SIG_IGN
  const elf = Buffer.alloc(64)
  elf.write('\x7fELF\x02\x01\x01', 0, 'latin1')
  elf.writeUInt16LE(2, 16) // executable
  elf.writeUInt16LE(62, 18) // x86-64
  elf.writeUInt32LE(1, 20)
  elf.writeBigUInt64LE(BigInt(codeAddress + headers), 24)
  elf.writeBigUInt64LE(64n, 32) // program headers follow
  elf.writeUInt16LE(64, 52)
  elf.writeUInt16LE(56, 54)
  elf.writeUInt16LE(1, 56)
  const size = BigInt(headers + code.length + action.length)
  const segment = Buffer.alloc(56)
  segment.writeUInt32LE(1, 0) // load
  segment.writeUInt32LE(5, 4) // read, execute
  segment.writeBigUInt64LE(BigInt(codeAddress), 16)
  segment.writeBigUInt64LE(BigInt(codeAddress), 24)
  segment.writeBigUInt64LE(size, 32)
  segment.writeBigUInt64LE(size, 40)
  segment.writeBigUInt64LE(0x1000n, 48)
  return Buffer.concat([elf, segment, code, action])
}
