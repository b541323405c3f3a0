// What does the pipeline's file contain? One OrderPipeline, checked as the API server and the
// operator would, and the Secrets and Jobs of its other documents.
import { readFile } from 'node:fs/promises'
import { CommandError, painter, validation, validationLines } from '@orderpipeline/cli/embedding'
import type { OrderPipeline, V1Container } from '@orderpipeline/operator/api'
import { parseAllDocuments } from 'yaml'

export interface PipelineFile {
  readonly pipeline: OrderPipeline
  /** Whether the file itself says if the pipeline is suspended. */
  readonly saysSuspend: boolean
  readonly secrets: readonly SecretDocument[]
  readonly jobs: readonly JobDocument[]
}

export interface SecretDocument {
  readonly name: string
  readonly data: Readonly<Record<string, string>>
}

/** Something that runs to its end before the stages do. */
export interface JobDocument {
  readonly name: string
  readonly container: V1Container
}

interface Document {
  readonly kind?: string
  readonly metadata?: { readonly name?: string }
  readonly spec?: unknown
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
}

/**
 * `before` is the version that runs, for the rules on what may change. @throws CommandError that
 * says what is wrong
 */
export async function readPipeline(files: readonly string[], before?: OrderPipeline): Promise<PipelineFile> {
  const documents = (await Promise.all(files.map(documentsIn))).flat()
  const pipelines = documents.filter(({ kind }) => kind === 'OrderPipeline')
  const [pipeline] = pipelines
  if (!pipeline || pipelines.length > 1)
    throw new CommandError(`${files.join(', ')}: found ${pipelines.length} OrderPipelines; allowed: one`)
  const verdict = validation(pipeline, before)
  const file = files[0] ?? ''
  if (!verdict.accepted || !verdict.pipeline) {
    const lines = validationLines({ file, name: pipeline.metadata?.name ?? '', verdict }, painter(false))
    throw new CommandError(lines.join('\n'))
  }
  const spec = pipeline.spec as { readonly suspend?: boolean } | undefined
  return {
    pipeline: verdict.pipeline,
    saysSuspend: spec?.suspend !== undefined,
    secrets: documents.filter(({ kind }) => kind === 'Secret').map(secretOf),
    jobs: documents.filter(({ kind }) => kind === 'Job').flatMap(jobOf),
  }
}

async function documentsIn(path: string): Promise<readonly Document[]> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(`--file: ${path} cannot be read (${cause.code ?? cause.message})`, { cause })
  })
  const documents = parseAllDocuments(text, { version: '1.1' })
  const broken = documents.flatMap(({ errors }) => errors)[0]
  if (broken) throw new CommandError(`${path} is not YAML: ${broken.message}`)
  return documents
    .map((document) => document.toJS() as Document)
    .filter((document) => typeof document === 'object' && document !== null)
}

function secretOf({ metadata, data = {}, stringData = {} }: Document): SecretDocument {
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()] as const)
  return { name: metadata?.name ?? '', data: { ...Object.fromEntries(decoded), ...stringData } }
}

function jobOf({ metadata, spec }: Document): JobDocument[] {
  const template = spec as { template?: { spec?: { containers?: readonly V1Container[] } } } | undefined
  const [container] = template?.template?.spec?.containers ?? []
  return container ? [{ name: metadata?.name ?? '', container }] : []
}
