// Is every codec of Kafka read within its bounds, and does a batch that cannot be read become
// placeholders at its offsets?
import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import { codecs, maxBatchBytes, placeholderHeader, registerCodecs } from './codecs.ts'

registerCodecs()
const text = Buffer.from('an order and another order and a third order\n'.repeat(2_000))
const all = Object.entries(codecs).map(([type, codec]) => ({ type: Number(type), codec, name: codec.name }))

test.each(all)('$name restores its input and refuses data that inflates beyond the bound', async ({ codec }) => {
  const small = await codec.compress(text)
  expect(small.length).toBeLessThan(text.length / 5)
  expect((await codec.decompress(small, maxBatchBytes)).equals(text)).toBe(true)
  await expect((async () => codec.decompress(small, text.length / 2))()).rejects.toThrow(/larger|more than/)
})

test.each(all)('$name refuses other data and still reads the next batch', async ({ codec }) => {
  for (const nonsense of [Buffer.alloc(0), Buffer.from('no such thing'), Buffer.alloc(100, 0xff)])
    await expect((async () => codec.decompress(nonsense, 1_000))()).rejects.toThrow()
  const broken = Buffer.from(await codec.compress(text))
  broken.fill(0xff, broken.length >> 1)
  await (async () => codec.decompress(broken, maxBatchBytes))().catch(() => undefined)
  expect((await codec.decompress(await codec.compress(text), maxBatchBytes)).equals(text)).toBe(true)
})

test('reads snappy in the block format of Java producers', async () => {
  const block = await codecs[2]!.compress(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(block.length)
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  const framed = Buffer.concat([header, length, block, length, block])
  expect(String(await codecs[2]!.decompress(framed, maxBatchBytes))).toBe(String(text).repeat(2))
  await expect((async () => codecs[2]!.decompress(framed, text.length + 1))()).rejects.toThrow('more than')
})

/** As it lies in an answer of a broker, something before it and something behind. */
function batchOf(records: Buffer, { magic = 2, count = 3 } = {}): Buffer {
  const answer = Buffer.alloc(30 + 61 + records.length + 9)
  const header = answer.subarray(30, 91)
  header.writeBigInt64BE(1_000n, 0)
  header.writeInt32BE(49 + records.length, 8)
  header.writeInt8(magic, 16)
  header.writeInt32BE(7, 23)
  header.writeInt32BE(count, 57)
  records.copy(answer, 91)
  return answer.subarray(91, 91 + records.length)
}
const registeredCodecs: Record<number, unknown> = kafkajs.CompressionCodecs
function decompress(type: number, data: Buffer): Promise<Buffer> {
  return (registeredCodecs[type] as () => { decompress(of: Buffer): Promise<Buffer> })().decompress(data)
}

test.each(all)('replaces an unreadable batch of $name by placeholders with their position', async ({ type, name }) => {
  const records = await decompress(type, batchOf(Buffer.from('nonsense')))
  const parts = records.toString('latin1').split(placeholderHeader)
  expect(parts).toHaveLength(4)
  for (const part of parts.slice(1)) {
    const about = JSON.parse(part.slice(part.indexOf('{'), part.lastIndexOf('}') + 1)) as object
    expect(about).toMatchObject({ firstOffset: '1000', lastOffset: '1007', codec: name, bytes: 8 })
  }
  // Length, attributes, time, then the offset's delta: 0, 1 and the last, 7, in zigzag.
  const deltas: number[] = []
  for (let at = 0; at < records.length;) {
    const length = (records[at]! & 0x7f) | (records[at + 1]! << 7)
    deltas.push(records[at + 4]! / 2)
    at += 2 + length / 2
  }
  expect(deltas).toEqual([0, 1, 7])
})

test('still throws for data that is no batch of records', async () => {
  await expect(decompress(1, batchOf(Buffer.from('nonsense'), { magic: 1 }))).rejects.toThrow()
  await expect(decompress(1, Buffer.from('nonsense'))).rejects.toThrow()
})
