// Which OrderPipelines does a file hold? Read as kubectl reads YAML, so that `yes` is true and
// `1e3` a number to both.
import { readFile } from 'node:fs/promises'
import { parseAllDocuments } from 'yaml'
import type { Tags } from 'yaml'
import { UsageError, CommandError } from '../environment.ts'
import { isRecord } from '../validation/cause.ts'

export interface Manifest {
  readonly kind: 'OrderPipeline'
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
  readonly [field: string]: unknown
}

/**
 * Every OrderPipeline of a file, of whatever version; `-` reads standard input. @throws
 * CommandError
 */
export async function pipelinesIn(path: string): Promise<readonly Manifest[]> {
  const values = parsedDocuments(path, await contentOf(path))
  if (values.some((value) => isDeeperThan(value, deepest))) throw tooDeep(path)
  return values.filter(isPipeline)
}

function parsedDocuments(path: string, text: string): readonly unknown[] {
  try {
    const documents = parseAllDocuments(text, { version: '1.1', customTags: kubectlTags })
    const broken = documents.flatMap(({ errors }) => errors)[0]
    if (broken?.message.startsWith(overflow)) throw tooDeep(path, broken)
    if (broken) throw new CommandError(`${path} is not YAML: ${broken.message}`)
    return documents.map((document) => document.toJS() as unknown)
  } catch (cause) {
    if (cause instanceof RangeError) throw tooDeep(path, cause)
    throw cause
  }
}

/**
 * The parser calls itself for each level, and reports its own overflow as an error in the document.
 */
const overflow = 'Maximum call stack size exceeded'

/**
 * Levels in a document; the deepest field of an OrderPipeline lies at less than 20. What follows
 * may then recurse.
 */
const deepest = 200

function tooDeep(path: string, cause?: unknown): CommandError {
  return new CommandError(`${path} is nested too deeply; allowed: at most ${deepest} levels`, { cause })
}

function isDeeperThan(value: unknown, levels: number): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (levels === 0 || Object.values(value).some((entry) => isDeeperThan(entry, levels - 1)))
  )
}

/** A file's one OrderPipeline. @throws CommandError */
export async function onePipelineIn(path: string): Promise<Manifest> {
  const [only, ...others] = await pipelinesIn(path)
  if (only !== undefined && others.length === 0) return only
  throw new CommandError(`${path} holds ${only ? others.length + 1 : 0} OrderPipelines; allowed: one`)
}

/** YAML 1.1 without the types that kubectl does not know: times of day, dates, sets. */
function kubectlTags(tags: Tags): Tags {
  return tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (!('format' in tag && tag.format === 'TIME') && !/:(timestamp|set|omap|pairs|binary)$/.test(tag.tag)),
  )
}

function isPipeline(value: unknown): value is Manifest {
  return isRecord(value) && value['kind'] === 'OrderPipeline'
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8')
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
