// Which pipeline does a file hold? As far as its capacity goes: the rest of it is the API server's to check.
import { readFile } from 'node:fs/promises'
import type { OrderPipelineSpec } from '@orderpipeline/operator/api'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { CommandFailed } from '../environment.ts'

const count = z.int().min(1)
const topicRefs = z.array(z.object({ topic: z.string() })).min(1)
const Pipeline = z.object({
  kind: z.literal('OrderPipeline'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    topics: z.array(z.object({ name: z.string(), partitions: count.optional() })),
    stages: z
      .array(
        z.object({
          name: z.string(),
          consumes: topicRefs,
          concurrency: count.optional(),
          workSeconds: z.number().positive().optional(),
          scaling: z.object({ minReplicas: z.int().min(0), maxReplicas: count }),
        }),
      )
      .min(1),
  }),
})

export interface PipelineFile {
  readonly name: string
  readonly spec: OrderPipelineSpec
}

/** The file's one OrderPipeline; `-` reads standard input. @throws CommandFailed */
export async function pipelineIn(path: string): Promise<PipelineFile> {
  const text = await contentOf(path)
  const documents = parseAllDocuments(text)
  const broken = documents.flatMap(({ errors }) => errors)[0]
  if (broken) throw new CommandFailed(`${path} is not YAML: ${broken.message}`)
  const found = documents.map((document) => document.toJS() as unknown).filter(isPipeline)
  const [only, ...others] = found
  if (only === undefined || others.length > 0)
    throw new CommandFailed(`${path} holds ${found.length} OrderPipelines; allowed: one`)
  const parsed = Pipeline.safeParse(only)
  if (parsed.success) return { name: parsed.data.metadata.name, spec: only['spec'] as OrderPipelineSpec }
  const lines = parsed.error.issues.map(({ path: at, message }) => `${pathText(at)}: ${message}`)
  throw new CommandFailed(`${path} is not an OrderPipeline that can be reckoned with:\n${lines.join('\n')}`)
}

const isPipeline = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'OrderPipeline'

/** `spec.stages[2].workSeconds` */
const pathText = (path: readonly PropertyKey[]): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${String(part)}`)).join('')

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8')
  } catch (cause) {
    throw new CommandFailed(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
