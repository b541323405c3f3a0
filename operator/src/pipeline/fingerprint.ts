// Is what is asked for the same as last time? A short text that changes whenever the desired object does.
import type { KubeObject } from '../api/index.ts'
import { fingerprintAnnotation } from './names.ts'

/** 53 bits (cyrb53) of a value with its keys in order. Guards against nothing but accident. */
export const fingerprintOf = (value: unknown): string => {
  const text = JSON.stringify(value, sortedKeys)
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(16).padStart(14, '0')
}

export const withFingerprint = <T extends KubeObject>(object: T): T => ({
  ...object,
  metadata: {
    ...object.metadata,
    annotations: { ...object.metadata.annotations, [fingerprintAnnotation]: fingerprintOf(object) },
  },
})

const sortedKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value
