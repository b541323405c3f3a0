// How is a compressed record batch read, within which bounds, and what becomes of one that cannot
// be read?
//
// kafkajs reads a whole response of a broker before it hands anything over, and knows gzip alone:
// one batch of another codec, or one that is broken or inflates without end, would stop every
// partition of its consumer. Here such a batch becomes placeholders at its offsets, which the stage
// turns into one dead letter, and everything else goes on.
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { lz4Compress, lz4Decompress, snappyCompress, snappyDecompress } from '@platformatic/wasm-utils'
import kafkajs from 'kafkajs'
import { errorOf } from './failure.ts'

/**
 * The bound of one batch, inflated. By default a broker takes 1 MiB of it compressed, and text
 * without repetitions compresses to a tenth.
 */
export const maxBatchBytes = 32 * 1024 * 1024
/** The bound of one response of a broker; what exceeds it is fetched again with the next. */
const maxAnswerBytes = 48 * 1024 * 1024

export interface Codec {
  readonly name: string
  readonly compress: (data: Buffer) => Buffer | Promise<Buffer>
  /** @throws where it inflates beyond `maxBytes`, or is no such data */
  readonly decompress: (data: Buffer, maxBytes: number) => Buffer | Promise<Buffer>
}

const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)
const zstdDecompress = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)

/** By the number that a batch's attributes have for it. */
export const codecs: Readonly<Record<number, Codec>> = {
  1: {
    name: 'gzip',
    compress: promisify<Buffer, Buffer>(zlib.gzip),
    decompress: (data, maxOutputLength) => gunzip(data, { maxOutputLength }),
  },
  2: { name: 'snappy', compress: (data) => Buffer.from(snappyCompress(data)), decompress: unsnappy },
  3: { name: 'lz4', compress: (data) => Buffer.from(lz4Compress(data)), decompress: unlz4 },
  4: {
    name: 'zstd',
    compress: promisify<Buffer, Buffer>(zlib.zstdCompress),
    decompress: (data, maxOutputLength) => zstdDecompress(data, { maxOutputLength }),
  },
}

/** Where a batch that could not be read lies, and why it could not. */
export interface UndecodableBatch {
  readonly firstOffset: string
  readonly lastOffset: string
  readonly codec: string
  /** As compressed. */
  readonly bytes: number
  readonly reason: string
}

/**
 * The header of a placeholder: unknown to any producer, so that no message of theirs is taken for
 * one.
 */
export const placeholderHeader = `undecodable-${randomUUID()}`

/** Replaces the codecs of kafkajs. */
export function registerCodecs(): void {
  const all: Record<number, unknown> = kafkajs.CompressionCodecs
  for (const [type, codec] of Object.entries(codecs)) {
    all[Number(type)] = () => ({
      compress: ({ buffer }: { buffer: Buffer }) => Promise.resolve(codec.compress(buffer)),
      decompress: (data: Buffer) => inflate(codec, data),
    })
  }
}

/** Bytes that the batches of one answer have become so far; they lie in one piece of memory. */
const answers = new WeakMap<ArrayBufferLike, number>()

async function inflate(codec: Codec, data: Buffer): Promise<Buffer> {
  const before = answers.get(data.buffer) ?? 0
  // Treated as the incomplete end of a response: the next fetch asks for it again.
  if (before >= maxAnswerBytes) throw new kafkajs.KafkaJSPartialMessageError()
  try {
    const records = await codec.decompress(data, maxBatchBytes)
    if (records.length === 0) throw new Error('the data is empty')
    answers.set(data.buffer, before + records.length)
    return records
  } catch (thrown) {
    const header = headerOf(data)
    if (!header) throw thrown
    const { firstOffset, lastOffsetDelta, records } = header
    return placeholders(records, lastOffsetDelta, {
      firstOffset: String(firstOffset),
      lastOffset: String(firstOffset + BigInt(lastOffsetDelta)),
      codec: codec.name,
      bytes: data.length,
      reason: errorOf(thrown).message.slice(0, 200),
    })
  }
}

const headerBytes = 61
const lengthBefore = 12

/**
 * What stands before the records of a batch, in the answer they are a part of. Older formats than
 * Kafka 0.11's have no such header.
 */
function headerOf(data: Buffer) {
  if (data.byteOffset < headerBytes) return undefined
  const header = Buffer.from(data.buffer, data.byteOffset - headerBytes, headerBytes)
  const [length, magic] = [header.readInt32BE(8), header.readInt8(16)]
  if (magic !== 2 || length !== headerBytes - lengthBefore + data.length) return undefined
  return {
    firstOffset: header.readBigInt64BE(0),
    lastOffsetDelta: header.readInt32BE(23),
    records: header.readInt32BE(57),
  }
}

/** As many records as the batch says it has, the last one at its last offset. */
function placeholders(count: number, lastOffsetDelta: number, about: UndecodableBatch): Buffer {
  const header = [
    varint(1),
    lengthFirst(Buffer.from(placeholderHeader)),
    lengthFirst(Buffer.from(JSON.stringify(about))),
  ]
  return Buffer.concat(
    Array.from({ length: count }, (_, n) => {
      const offsetDelta = n === count - 1 ? lastOffsetDelta : n
      // Attributes, the time's delta, the offset's, neither key nor value.
      return lengthFirst(
        Buffer.concat([Buffer.from([0]), varint(0), varint(offsetDelta), varint(-1), varint(-1), ...header]),
      )
    }),
  )
}

function lengthFirst(data: Buffer): Buffer {
  return Buffer.concat([varint(data.length), data])
}

/** Zigzag, seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}

const xerial = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])

/** Either one block, or as Java's producers write it: a header, then blocks with their lengths. */
function unsnappy(data: Buffer, maxBytes: number): Buffer {
  if (!data.subarray(0, xerial.length).equals(xerial)) return unsnappyBlock(data, maxBytes)
  const blocks: Buffer[] = []
  let bytes = 0
  for (let at = 16; at < data.length;) {
    const length = data.readUInt32BE(at)
    const block = unsnappyBlock(data.subarray(at + 4, at + 4 + length), maxBytes - bytes)
    bytes += block.length
    blocks.push(block)
    at += 4 + length
  }
  return Buffer.concat(blocks)
}

/** A block begins with the length of what it becomes. */
function unsnappyBlock(block: Buffer, maxBytes: number): Buffer {
  let length = 0
  for (let at = 0, shift = 0; shift < 35; at++, shift += 7) {
    const byte = block.readUInt8(at)
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  if (length > maxBytes) throw tooLarge(maxBytes)
  const inflatedBlock = snappyDecompress(block)
  if (inflatedBlock.length !== length) throw new Error('the data is no snappy block')
  return inflatedBlock
}

const lz4Magic = 0x184d2204
const uncompressedBlock = 0x80000000

/** The frame says how large a block may become, and each block how large it is. */
function unlz4(data: Buffer, maxBytes: number): Buffer {
  if (data.length < 7 || data.readUInt32LE(0) !== lz4Magic) throw new Error('the data is no lz4 frame')
  const flags = data.readUInt8(4)
  const maxBlock = 2 ** (8 + 2 * ((data.readUInt8(5) >> 4) & 7))
  const perBlock = 4 + (flags & 0x10 ? 4 : 0)
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0)
  let bytes = 0
  for (let block = data.readUInt32LE(at); block !== 0; block = data.readUInt32LE(at)) {
    const length = block % uncompressedBlock
    bytes += block >= uncompressedBlock ? length : Math.min(maxBlock, length * 255)
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    at += perBlock + length
  }
  return lz4Decompress(data)
}

function tooLarge(maxBytes: number): Error {
  return new RangeError(`the data inflates to more than ${maxBytes} bytes`)
}
