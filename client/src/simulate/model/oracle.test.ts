import { describe, expect, it } from 'vitest'
import { oracle } from './oracle.ts'
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
      oracle(
        stageScenario(2, 100),
        Array.from({ length: 3_600 }, () => 0),
      ).replicaHours,
    ).toBe(2)
  })

  it('has the replicas that the arrivals of each second need', () => {
    // Ten messages a second a replica.
    const arrived = Array.from({ length: 3_600 }, (_, second) => (second + 1) * 45)
    expect(oracle(stageScenario(1, 100), arrived)).toEqual({
      replicaHours: 5,
      peakLag: 0,
      mostReplicas: 5,
      doneAtSeconds: 3_600,
    })
  })

  it('leaves messages above the capacity of maxReplicas to the next second', () => {
    const arrived = Array.from({ length: 10 }, () => 100)
    expect(oracle(stageScenario(0, 5), arrived).replicaHours * 3_600).toBe(10)
  })

  it('runs minReplicas after the last message, for as long as the run that it is compared with', () => {
    expect(oracle(stageScenario(2, 5), [40], 10).replicaHours * 3_600).toBe(4 + 9 * 2)
  })

  it('has no more replicas than a shared resource can use, and finishes later', () => {
    const shared = { ...stageScenario(0, 50), sharedPerSecond: 20 }
    expect(oracle(shared, [60], 10)).toEqual({
      replicaHours: 6 / 3_600,
      peakLag: 40,
      mostReplicas: 2,
      doneAtSeconds: 3,
    })
  })
})
