import { describe, expect, it } from 'vitest'
import { oracleReplicaHours } from './oracle.ts'
import { pipeline, scenario, stage } from './testing.ts'

function stageScenario(minReplicas: number, maxReplicas: number) {
  return (
    scenario(pipeline([stage({ scaling: { minReplicas, maxReplicas, lagPerReplica: 60 } })])).stages[0] ??
    expect.fail('a stage')
  )
}

describe('the oracle', () => {
  it('has the least number of replicas while no order arrives', () => {
    expect(
      oracleReplicaHours(
        stageScenario(2, 100),
        Array.from({ length: 3_600 }, () => 0),
      ),
    ).toBe(2)
  })

  it('has the replicas that the arrivals of each second need', () => {
    // Ten messages a second a replica.
    const arrived = Array.from({ length: 3_600 }, (_, second) => (second + 1) * 45)
    expect(oracleReplicaHours(stageScenario(1, 100), arrived)).toBe(5)
  })

  it('leaves messages above the capacity of maxReplicas to the next second', () => {
    const arrived = Array.from({ length: 10 }, () => 100)
    expect(oracleReplicaHours(stageScenario(0, 5), arrived) * 3_600).toBe(10)
  })
})
