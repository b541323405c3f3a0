// How much longer does the operator take than a client that only writes the same objects?
import { bareCreation, measureCreation, startOperator } from '../operator/creation.ts'
import type { ControlPlane } from '../operator/control-plane.ts'
import { benchPipeline, objectsOf, stages } from '../operator/pipelines.ts'
import { atMost } from './comparison.ts'
import type { Comparison, Ground, Sample } from './comparison.ts'

export interface OperatorSize extends Record<string, number> {
  readonly pipelines: number
}

export const operatorSize: OperatorSize = { pipelines: 1_000 }

export function operatorComparison(size: OperatorSize = operatorSize): Comparison {
  const { pipelines } = size
  return {
    name: 'operator',
    title: `${pipelines.toLocaleString('en')} pipelines created at once`,
    unit: 's',
    about: `Pipelines of ${stages} stages on an API server with etcd of their own. The bare client writes the same
      objects by server-side apply with as many requests at once; it reads nothing and compares nothing.
      npm run bench -- operator also measures edits and a settled cluster.`,
    optional: true,
    here: { name: 'operator', title: 'here: the operator' },
    alternatives: [{ name: 'apply', title: 'bare client, server-side apply', aim: atMost(1.2) }],
    ratio: 'here / other',
    size,
    secondsPerRun: 150,
    open: (ground, say) =>
      Promise.resolve({
        run: (way) =>
          onPlane(ground, (plane) => runs[way === 'operator' ? 'operator' : 'apply'](plane, pipelines, say)),
        close: () => Promise.resolve(),
      }),
  }
}

async function onPlane(ground: Ground, run: (plane: ControlPlane) => Promise<Sample>): Promise<Sample> {
  const plane = await ground.controlPlane()
  try {
    return await run(plane)
  } finally {
    await plane.close()
  }
}

const runs = {
  operator: async (plane: ControlPlane, pipelines: number, say: (line: string) => void): Promise<Sample> => {
    const running = await startOperator(plane, say)
    try {
      const { seconds, own, objects } = await measureCreation(running, plane, { pipelines, say })
      const more = { 'own CPU, s': own, 'highest memory, MiB': running.memory() / 2 ** 20 }
      return { value: seconds, more, accepted: expectedObjects(plane, pipelines), present: objects }
    } finally {
      await running.close()
    }
  },
  apply: async (plane: ControlPlane, pipelines: number, say: (line: string) => void): Promise<Sample> => {
    const { seconds, present } = await bareCreation(plane, 'apply', { pipelines, say })
    return { value: seconds, accepted: expectedObjects(plane, pipelines), present }
  },
} as const

/** Each pipeline, and what becomes of it. */
function expectedObjects({ namespace }: ControlPlane, pipelines: number): number {
  return pipelines * (1 + objectsOf(benchPipeline('shop-0', namespace)).length)
}
