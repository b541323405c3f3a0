// How do the objects of thousands of pipelines take little memory? As JSON text, and once a
// pipeline has been reconciled, the texts of its objects are compressed together: they repeat each
// other and themselves, so five Deployments of 6 KB take 2 KB.
import { deflateRawSync, inflateRawSync } from 'node:zlib'

export interface StoredText {
  readonly text: string
  readonly version: bigint
  readonly uid: string | undefined
  /** The pipeline that it belongs to. */
  readonly group: string | undefined
}

/** Texts of one kind by their key. */
export interface PackedTexts {
  get(key: string): Omit<StoredText, 'text'> | undefined
  text(key: string): string | undefined
  keys(): readonly string[]
  ofGroup(group: string): readonly string[]
  set(key: string, entry: StoredText): void
  delete(key: string): void
  /** Compresses the texts of the group until the next of them is set, deleted or read alone. */
  pack(group: string): void
}

interface Entry extends Omit<StoredText, 'text'> {
  /** Undefined while its group is packed. */
  text: string | undefined
}

interface Group {
  readonly keys: Set<string>
  /** The texts of all keys, in their order. */
  packed: Packed | undefined
}

export interface Packed {
  /** Bytes as characters: a Buffer takes 200 bytes of its own. */
  readonly bytes: string
  /** Bytes before the compression. */
  readonly length: number
}

/** JSON text has no line breaks. */
const separator = '\n'
/** The higher levels find little more. */
const compression = { level: 3, memLevel: 6, chunkSize: 4096 }

export function packedTexts(): PackedTexts {
  const entries = new Map<string, Entry>()
  const groups = new Map<string, Group>()

  const unpack = (name: string | undefined): void => {
    const group = name === undefined ? undefined : groups.get(name)
    if (!group?.packed) return
    const texts = unpacked(group.packed)
    for (const [index, key] of [...group.keys].entries()) {
      const entry = entries.get(key)
      if (entry) entry.text = texts[index]
    }
    group.packed = undefined
  }

  const remove = (key: string, name: string | undefined): void => {
    unpack(name)
    entries.delete(key)
    const group = name === undefined ? undefined : groups.get(name)
    group?.keys.delete(key)
    if (group?.keys.size === 0) groups.delete(name ?? '')
  }

  const textsOf = ({ keys, packed }: Group): readonly string[] =>
    packed ? unpacked(packed) : [...keys].map((key) => entries.get(key)?.text ?? '')

  return {
    get: (key) => entries.get(key),
    text: (key) => {
      unpack(entries.get(key)?.group)
      return entries.get(key)?.text
    },
    keys: () => [...entries.keys()],
    ofGroup: (name) => {
      const group = groups.get(name)
      return group ? textsOf(group) : []
    },
    set: (key, { text, version, uid, group: name }) => {
      const before = entries.get(key)
      if (before && before.group !== name) remove(key, before.group)
      unpack(name)
      entries.set(key, { text, version, uid, group: name })
      if (name === undefined) return
      const group = groups.get(name) ?? { keys: new Set(), packed: undefined }
      groups.set(name, group)
      group.keys.add(key)
    },
    delete: (key) => remove(key, entries.get(key)?.group),
    pack: (name) => {
      const group = groups.get(name)
      if (!group || group.packed) return
      group.packed = pack(textsOf(group))
      for (const key of group.keys) {
        const entry = entries.get(key)
        if (entry) entry.text = undefined
      }
    },
  }
}

export function pack(texts: readonly string[]): Packed {
  const whole = Buffer.from(texts.join(separator))
  return { bytes: deflateRawSync(whole, compression).toString('latin1'), length: whole.length }
}

function unpacked({ bytes, length }: Packed): readonly string[] {
  const whole = inflateRawSync(Buffer.from(bytes, 'latin1'), { chunkSize: Math.max(64, length) })
  return whole.toString('utf8').split(separator)
}
