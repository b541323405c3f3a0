// Which pipeline does a file hold? As far as its capacity goes: the rest of it is the API server's
// to check.
import type { SimulatedPipeline } from '@orderpipeline/client/simulation'
import type { OrderPipelineSpec } from '@orderpipeline/operator/api'
import { z } from 'zod'
import { CommandError } from '../environment.ts'
import { onePipelineIn } from '../manifest/read.ts'

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

export type PipelineFile = SimulatedPipeline

/** The file's one OrderPipeline; `-` reads standard input. @throws CommandError */
export async function pipelineIn(path: string): Promise<PipelineFile> {
  const only = await onePipelineIn(path)
  const parsed = Pipeline.safeParse(only)
  if (parsed.success) return { name: parsed.data.metadata.name, spec: only['spec'] as OrderPipelineSpec }
  const lines = parsed.error.issues.map(({ path: at, message }) => `${pathText(at)}: ${message}`)
  throw new CommandError(`${path} is not an OrderPipeline that can be reckoned with:\n${lines.join('\n')}`)
}

/** `spec.stages[2].workSeconds` */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${String(part)}`))
    .join('')
}
