// How many orders a second do the gateways take? The sum of what each of them has counted since the
// last look, read from its metrics through the API server, which reaches pods where the person at
// the terminal may not.
import { CommandError } from '../environment.ts'
import type { KubeClient } from '@orderpipeline/client'

export interface OrderRate {
  /** undefined until a gateway has been seen twice. */
  measure(): Promise<number | undefined>
}

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string }
    readonly status?: { readonly phase?: string }
  }[]
}

interface Reading {
  readonly count: number
  /** performance.now() */
  readonly at: number
}

const scrapeTimeoutMs = 1_500
const metricsPort = 9090

export function createOrderRate(kube: KubeClient, within: string, pipeline: string): OrderRate {
  let before = new Map<string, Reading>()
  const selector = encodeURIComponent(`orderpipeline.dev/pipeline=${pipeline},orderpipeline.dev/stage=gateway`)

  const read = async (pod: string): Promise<readonly [string, Reading] | undefined> => {
    try {
      const path = `/api/v1/${within}/pods/${pod}:${metricsPort}/proxy/metrics`
      const metrics = await kube.getText(path, scrapeTimeoutMs)
      const count = metrics === undefined ? undefined : counted(metrics)
      return count === undefined ? undefined : [pod, { count, at: performance.now() }]
    } catch (error) {
      // A pod that is starting or leaving does not answer; the others' count is still worth
      // showing.
      if (error instanceof CommandError) return undefined
      throw error
    }
  }

  return {
    measure: async () => {
      const pods = await kube.get<Pods>(`/api/v1/${within}/pods?labelSelector=${selector}`)
      const running = (pods?.items ?? []).filter((pod) => pod.status?.phase === 'Running')
      const readings = await Promise.all(running.map((pod) => read(pod.metadata.name)))
      const now = new Map(readings.filter((reading) => reading !== undefined))
      const rate = rateBetween(before, now)
      before = now
      return rate
    },
  }
}

/** Sum of `orders_created_total` over all its labels. */
export function counted(metrics: string): number | undefined {
  const values = [...metrics.matchAll(/^orders_created_total(?:\{[^}]*\})? (\S+)/gm)].map((match) => Number(match[1]))
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
}

export function rateBetween(
  before: ReadonlyMap<string, Reading>,
  now: ReadonlyMap<string, Reading>,
): number | undefined {
  const rates = [...now].flatMap(([pod, reading]) => {
    const earlier = before.get(pod)
    if (!earlier || reading.at <= earlier.at) return []
    // A count below the last one belongs to a restarted container.
    const increase = reading.count >= earlier.count ? reading.count - earlier.count : reading.count
    return [(increase * 1_000) / (reading.at - earlier.at)]
  })
  return rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0)
}
