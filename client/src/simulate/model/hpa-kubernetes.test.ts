// Does the model decide as Kubernetes does? Against what the controller's own code decided, look by
// look (kubernetes-hpa/decisions_test.go), for the operator's rules and for any others.
import { expect, it } from 'vitest'
import { blank, decision } from './hpa.ts'
import type { HpaMemory, ScalingRules } from './hpa.ts'
import sequences from './kubernetes-hpa/decisions.json' with { type: 'json' }

it.each(sequences.map((sequence, index) => ({ index, sequence })))(
  'decides as Kubernetes 1.36.3 in sequence $index',
  ({ sequence }) => {
    const { minReplicas, maxReplicas, scaleUp, scaleDown, perReplica, start, looks } = sequence
    const spec = {
      ...{ minReplicas, maxReplicas, tolerance: 0.1 },
      ...{ scaleUp: scaleUp as ScalingRules, scaleDown: scaleDown as ScalingRules },
    }
    let memory: HpaMemory = blank
    let current = start
    const decided = looks.map(([at = 0, total = 0]) => {
      const next = decision(spec, memory, at, current, [{ total, perReplica }])
      memory = next.memory
      return (current = next.desired)
    })
    expect(decided).toEqual(looks.map(([, , desired]) => desired))
  },
)
