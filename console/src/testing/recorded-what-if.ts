// What does the page draw of a dry run in tests of the page? A burst that 100 replicas work off in
// three minutes, and other maxima in proportion.
import type { Forecast, WhatIfRequest, WhatIf } from '../model/what-if.ts'
import type { DryRunner } from '../what-if/what-if-thread.ts'

const seconds = 600
const usualMaximum = 100

export const recordedWhatIf: DryRunner = ({ spec }, question) => {
  const stages = spec.stages.map(({ name }) => name)
  const { stage, maxReplicas } = question
  const present = forecastWith(usualMaximum, stages, question)
  if (maxReplicas === undefined) return Promise.resolve<WhatIf>({ present })
  return Promise.resolve<WhatIf>({
    present,
    changed: forecastWith(maxReplicas, stages, question),
    yaml: `spec:\n  stages:\n    - name: ${stage}\n      scaling:\n        minReplicas: 5\n        maxReplicas: ${maxReplicas}\n`,
  })
}

function forecastWith(
  maximum: number,
  stages: readonly string[],
  { burst, ordersPerSecond: steadyRate, trace, stage }: WhatIfRequest,
): Forecast {
  const ordersPerSecond = trace === undefined ? steadyRate : 300
  const drain = Math.round(180 * (usualMaximum / maximum))
  const lagAt = (second: number): number =>
    second < 30 ? 0 : Math.max(0, Math.round(burst * (1 - (second - 30) / drain)))
  return {
    orders: burst + ordersPerSecond * seconds,
    ordersPerSecond,
    doneAtSeconds: 30 + drain,
    replicaHours: 4.2,
    carries: { ordersPerSecond: 8 * maximum, stage: 'payment' },
    stages: stages.map((name) => ({
      ...{ name, peakLag: name === stage ? burst : 12, longestWaitSeconds: name === stage ? drain : 1 },
      ...{ mostReplicas: name === stage ? maximum : 5, maxReplicas: name === stage ? maximum : 25 },
    })),
    samples: Array.from({ length: seconds / 5 }, (_, index) => {
      const lag = lagAt(index * 5)
      const desired = lag > 0 ? maximum : 5
      return { at: index * 5_000, lag, wanted: desired, ready: lag > 0 ? Math.min(maximum, 5 + index * 4) : 5 }
    }),
  }
}
