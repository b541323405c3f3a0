// What does a change of a message's schema mean to programs of the version before? Two versions run
// side by side during a rollout, and a topic holds messages for days: the new version must read
// what the old one wrote, and the old one what the new one writes. Pure.

export interface JsonSchema {
  readonly [keyword: string]: unknown
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly enum?: readonly unknown[]
}

/**
 * `breaks`: one of the two would misread or refuse the other's messages for good. `widens`: the new
 * version may write what the old one makes a dead letter of, so consumers are rolled out before
 * producers.
 */
export interface SchemaChange {
  readonly path: string
  readonly effect: 'breaks' | 'widens'
  readonly what: string
}

const lowerBounds = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'] as const
const upperBounds = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'] as const
/** Judged below, or without a bearing on what is valid. */
const judged = new Set<string>([
  ...lowerBounds,
  ...upperBounds,
  ...['type', 'properties', 'required', 'items', 'enum', '$schema', 'description', 'title', 'default'],
])

export function schemaChanges(before: JsonSchema, after: JsonSchema, path = 'data'): SchemaChange[] {
  if (before.type !== after.type) return [breaks(path, `was ${String(before.type)} and is ${String(after.type)}`)]
  return [
    ...fieldChanges(before, after, path),
    ...enumChanges(before, after, path),
    ...boundChanges(before, after, path),
    ...otherChanges(before, after, path),
    ...(before.items && after.items ? schemaChanges(before.items, after.items, `${path}[]`) : []),
  ]
}

function fieldChanges(before: JsonSchema, after: JsonSchema, path: string): SchemaChange[] {
  const [old, now] = [before.properties ?? {}, after.properties ?? {}]
  const required = (of: JsonSchema, name: string): boolean => of.required?.includes(name) ?? false
  const changes: SchemaChange[] = []
  for (const [name, schema] of Object.entries(old)) {
    const at = `${path}.${name}`
    const newSchema = now[name]
    if (!newSchema) {
      changes.push(breaks(at, 'was removed; keep a renamed field next to its new name until no version reads it'))
      continue
    }
    if (required(before, name) && !required(after, name))
      changes.push(breaks(at, 'is not required any more, and the version before refuses a message without it'))
    if (!required(before, name) && required(after, name))
      changes.push(breaks(at, 'is required now, and messages of the version before may lack it'))
    changes.push(...schemaChanges(schema, newSchema, at))
  }
  for (const name of Object.keys(now))
    if (!(name in old) && required(after, name))
      changes.push(breaks(`${path}.${name}`, 'is new and required: messages of the version before lack it'))
  return changes
}

function enumChanges(before: JsonSchema, after: JsonSchema, path: string): SchemaChange[] {
  if (before.enum === undefined && after.enum === undefined) return []
  if (before.enum === undefined) return [breaks(path, 'is one of fixed values now, and was any value')]
  if (after.enum === undefined) return [widens(path, 'may be any value now, and was one of fixed values')]
  const [old, now] = [before.enum, after.enum]
  return [
    ...old.filter((value) => !now.includes(value)).map((value) => breaks(path, `lost its value ${String(value)}`)),
    ...now.filter((value) => !old.includes(value)).map((value) => widens(path, `got the value ${String(value)}`)),
  ]
}

function boundChanges(before: JsonSchema, after: JsonSchema, path: string): SchemaChange[] {
  const compare = (keyword: string, narrower: (was: number, is: number) => boolean): SchemaChange[] => {
    const [was, is] = [before[keyword], after[keyword]] as [number | undefined, number | undefined]
    if (was === is) return []
    const narrowed = is !== undefined && (was === undefined || narrower(was, is))
    const what = `${keyword} was ${was ?? 'open'} and is ${is ?? 'open'}`
    return [narrowed ? breaks(path, what) : widens(path, what)]
  }
  return [
    ...lowerBounds.flatMap((keyword) => compare(keyword, (was, is) => is > was)),
    ...upperBounds.flatMap((keyword) => compare(keyword, (was, is) => is < was)),
  ]
}

/**
 * Patterns, formats, unions: it cannot be decided whether one admits what the other does, so a
 * change counts as one that breaks.
 */
function otherChanges(before: JsonSchema, after: JsonSchema, path: string): SchemaChange[] {
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keywords]
    .filter((keyword) => !judged.has(keyword) && JSON.stringify(before[keyword]) !== JSON.stringify(after[keyword]))
    .map((keyword) =>
      breaks(
        path,
        `${keyword} was ${text(before[keyword])} and is ${text(after[keyword])}; a new field next to it breaks no version`,
      ),
    )
}

function text(value: unknown): string {
  return value === undefined ? 'open' : JSON.stringify(value)
}
function breaks(path: string, what: string): SchemaChange {
  return { path, effect: 'breaks', what }
}
function widens(path: string, what: string): SchemaChange {
  return { path, effect: 'widens', what }
}
