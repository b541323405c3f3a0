// Does the CRD refuse, in the `env` of a stage or gateway, every variable that the operator sets?
// A name that appears twice in a container is refused by the API server, long after the pipeline
// was accepted.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { cases } from '../../../test/golden/cases.ts'
import type { OrderPipeline } from '../../api/index.ts'
import { gatewayEnvironment, stageEnvironment } from './environment.ts'

/** Set by the operator unless the container's own `env` has them. */
const replaceable = ['DATABASE_URL', 'DATABASE_POOL_SIZE', 'DRAIN_GRACE_SECONDS']
/** Not that of a built-in stage (30 s), so that DRAIN_GRACE_SECONDS is set. */
const graceSeconds = 90

it('the env rule of the CRD names exactly the variables that the operator sets', () => {
  const variables = cases.flatMap(({ pipeline: file }) => {
    const pipeline = parse(readFileSync(file, 'utf8')) as OrderPipeline
    const { stages, gateway } = pipeline.spec
    const ofStages = stages.flatMap((stage) => stageEnvironment(pipeline, { ...stage, env: [] }, graceSeconds))
    return [...ofStages, ...(gateway ? gatewayEnvironment(pipeline, { ...gateway, env: [] }) : [])]
  })
  const names = new Set(variables.map(({ name }) => name))
  expect([...names].sort()).toEqual([...refusedNames(), ...replaceable].sort())
})

function refusedNames(): string[] {
  const rules = new Set<string>()
  collect(parse(readFileSync(new URL('../../../../crds/orderpipelines.yaml', import.meta.url), 'utf8')), rules)
  expect(rules.size).toBe(1)
  return [...([...rules][0] ?? '').matchAll(/'([A-Z_]+)'/g)].map(([, name = '']) => name)
}

function collect(node: unknown, rules: Set<string>): void {
  if (typeof node !== 'object' || node === null) return
  for (const [key, value] of Object.entries(node))
    if (key === 'rule' && typeof value === 'string' && value.startsWith('!(self in [')) rules.add(value)
    else collect(value, rules)
}
