// Do the pods of a part change with everything that they are made from, and with nothing else?
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Deployment, OrderPipeline, OrderPipelineSpec } from '../../api/index.ts'
import { desired } from './desired.ts'
import { versionAnnotations } from '../children/names.ts'
import { roll } from '../rollout/rollout.ts'
import type { LivePart, Template } from '../children/part-versions.ts'
import { settings } from '../testing.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const examples = ['regular', 'template', 'external-kafka', 'strimzi-user', 'topics', 'rollouts'].map(
  (name) => `crds/fixtures/${name}.yaml`,
)

interface Made {
  readonly template: string
  readonly inputs: string | undefined
}

function madeOf(pipeline: OrderPipeline): Map<string, Made> {
  return new Map(
    desired(pipeline, [], settings).flatMap((child): [string, Made][] =>
      child.kind === 'Deployment'
        ? [
            [
              child.metadata.name,
              {
                template: JSON.stringify(child.spec.template),
                inputs: child.metadata.annotations?.[versionAnnotations.inputs],
              },
            ],
          ]
        : [],
    ),
  )
}

/** Each leaf of the spec with another value of its kind. */
function changes(value: unknown, put: (next: unknown) => unknown): unknown[] {
  if (typeof value === 'string') return [put(`${value}x`)]
  if (typeof value === 'number') return [put(value + 1)]
  if (typeof value === 'boolean') return [put(!value)]
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value
    return items.flatMap((item, at) =>
      changes(item, (next) => put(items.map((one, index) => (index === at ? next : one)))),
    )
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => changes(item, (next) => put({ ...value, [key]: next })))
}

describe('the inputs of a version', () => {
  it.each(examples)('change with each field of %s that pods depend on', (file) => {
    const example = parse(readFileSync(join(root, file), 'utf8').split('\n---\n')[0] ?? '') as OrderPipeline
    const pipeline = { ...example, metadata: { ...example.metadata, namespace: 'default', uid: 'u' } }
    const before = madeOf(pipeline)
    let followed = 0
    for (const spec of changes(pipeline.spec, (next) => next) as OrderPipelineSpec[])
      for (const [name, after] of madeOf({ ...pipeline, spec })) {
        const was = before.get(name)
        if (!was || was.template === after.template) continue
        followed += 1
        expect(after.inputs, `${name}: ${after.template}`).not.toBe(was.inputs)
      }
    expect(followed).toBeGreaterThan(4)
  })

  it('do not change with replicas, deadlines or the suspension', () => {
    const example = parse(readFileSync(join(root, 'crds/fixtures/regular.yaml'), 'utf8')) as OrderPipeline
    const edited = {
      ...example.spec,
      suspend: true,
      stages: example.spec.stages.map((stage) => ({
        ...stage,
        strategy: { progressDeadlineSeconds: 77 },
        scaling: { ...stage.scaling, minReplicas: stage.scaling.minReplicas + 1 },
      })),
    }
    expect([...madeOf({ ...example, spec: edited }).values()].map(({ inputs }) => inputs)).toEqual(
      [...madeOf(example).values()].map(({ inputs }) => inputs),
    )
  })
})

describe('pods with the same inputs', () => {
  const template = (image: string) => (): Template => ({ spec: { containers: [{ name: 'stage', image }] } })
  const proven = (image: string, inputs: string): LivePart => {
    const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
    const annotated = roll(template(image), { active: 'blue', blue: undefined, green: undefined }, { inputs })
    const [version] = annotated.versions
    const blue = {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', annotations: version?.annotations } },
      ...{ spec: { replicas: 1, template: version?.template }, status: counts },
    } as unknown as Deployment
    const [provenVersion] = roll(template(image), { active: 'blue', blue, green: undefined }, { inputs }).versions
    const metadata = { ...blue.metadata, annotations: provenVersion?.annotations ?? {} }
    return { active: 'blue', blue: { ...blue, metadata }, green: undefined }
  }
  const imageOf = (live: LivePart, image: string, inputs: string) =>
    roll(template(image), live, { inputs }).versions[0]?.template.spec?.containers[0]?.image

  it('stay as they are under an operator that would create others, until an input changes', () => {
    const live = proven('as-before', 'i1')
    expect(imageOf(live, 'as-a-newer-operator-makes-it', 'i1')).toBe('as-before')
    expect(imageOf(live, 'as-a-newer-operator-makes-it', 'i2')).toBe('as-a-newer-operator-makes-it')
  })
})
