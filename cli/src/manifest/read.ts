// Which OrderPipelines does a file hold? Read as kubectl reads YAML, so that `yes` is true and `1e3` a number to both.
import { readFile } from 'node:fs/promises'
import { parseAllDocuments, type Tags } from 'yaml'
import { CommandFailed } from '../environment.ts'
import { isRecord } from '../validation/cause.ts'

export interface Manifest {
  readonly kind: 'OrderPipeline'
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
  readonly [field: string]: unknown
}

/** Every OrderPipeline of a file, of whatever version; `-` reads standard input. @throws CommandFailed */
export async function pipelinesIn(path: string): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await contentOf(path), { version: '1.1', customTags: kubectlTags })
  const broken = documents.flatMap(({ errors }) => errors)[0]
  if (broken) throw new CommandFailed(`${path} is not YAML: ${broken.message}`)
  return documents.map((document) => document.toJS() as unknown).filter(isPipeline)
}

/** A file's one OrderPipeline. @throws CommandFailed */
export async function onePipelineIn(path: string): Promise<Manifest> {
  const [only, ...others] = await pipelinesIn(path)
  if (only !== undefined && others.length === 0) return only
  throw new CommandFailed(`${path} holds ${only ? others.length + 1 : 0} OrderPipelines; allowed: one`)
}

/** YAML 1.1 without the types that kubectl does not know: times of day, dates, sets. */
const kubectlTags = (tags: Tags): Tags =>
  tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (!('format' in tag && tag.format === 'TIME') && !/:(timestamp|set|omap|pairs|binary)$/.test(tag.tag)),
  )

const isPipeline = (value: unknown): value is Manifest => isRecord(value) && value['kind'] === 'OrderPipeline'

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8')
  } catch (cause) {
    throw new CommandFailed(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
