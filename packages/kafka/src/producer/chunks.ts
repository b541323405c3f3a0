// How many records may travel together? By default a broker refuses a batch of more than a
// mebibyte, however small the records in it are, and the client makes one batch of all records for
// a partition.
import type { OutgoingRecord } from '../client/records.ts'

/** Below the brokers' `max.message.bytes` of 1,048,588, with room for what the format adds. */
export const maxChunkBytes = 900_000
/** Offset, length and time of a record, and of each header. */
const recordOverhead = 40
const headerOverhead = 10

export function bytesOf({ key, value, headers }: Omit<OutgoingRecord, 'topic'>): number {
  const ofHeaders = Object.entries(headers).reduce(
    (sum, [name, text]) => sum + headerOverhead + Buffer.byteLength(name) + Buffer.byteLength(text),
    0,
  )
  return recordOverhead + sizeOf(key) + sizeOf(value) + ofHeaders
}

function sizeOf(part: string | Buffer | null): number {
  return part === null ? 0 : Buffer.byteLength(part)
}

/** In order; one that is too large for any chunk is in one of its own. */
export function chunksOf(records: readonly OutgoingRecord[], maxBytes = maxChunkBytes): OutgoingRecord[][] {
  const chunks: OutgoingRecord[][] = []
  let bytes = Infinity
  for (const record of records) {
    const more = bytesOf(record)
    if (bytes + more > maxBytes) {
      chunks.push([])
      bytes = 0
    }
    chunks.at(-1)!.push(record)
    bytes += more
  }
  return chunks
}
