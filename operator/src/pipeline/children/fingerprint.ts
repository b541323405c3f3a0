// Is the desired object the same as last time? A short text that changes whenever the object does.
import type { KubeObject } from '../../api/index.ts'
import { fingerprintAnnotation } from './names.ts'

/**
 * 53 bits (cyrb53) of a value with its keys in order. Protects only against accidental collisions.
 */
export function fingerprintOf(value: unknown): string {
  const text = canonical(value)
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

export function withFingerprint<T extends KubeObject>(object: T): T {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      annotations: { ...object.metadata.annotations, [fingerprintAnnotation]: fingerprintOf(object) },
    },
  }
}

/** JSON texts of keys, which are few and the same for every object. */
const quotedKeys = new Map<string, string>()
const cacheLimit = 2000

function quote(key: string): string {
  const cached = quotedKeys.get(key)
  if (cached !== undefined) return cached
  const text = JSON.stringify(key)
  if (quotedKeys.size < cacheLimit) quotedKeys.set(key, text)
  return text
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonical(item)}`
    return `[${text}]`
  }
  const fields = value as Readonly<Record<string, unknown>>
  for (const key of Object.keys(fields).sort())
    if (fields[key] !== undefined) text += `${text === '' ? '' : ','}${quote(key)}:${canonical(fields[key])}`
  return `{${text}}`
}
