// Does a dry run predict what the autoscaler does? The same burst of orders, with a slow payment
// provider, in `orderpipeline simulate` and on the local cluster.
//
// The model receives what it cannot know about a machine: how fast pods start, how many of them are
// seen ready meanwhile and how late the rest, and how long a rebalance takes; and about the burst
// how many orders it has and how long they took to come in. The machine's part is measured twice:
// before, by scaling the stage up with nothing else to do, and in the burst itself, where the same
// processors also carry the orders. The first is a forecast; the second shows the model's own
// error.
import type { ClusterConditions } from '@orderpipeline/cli'
import { connect } from '@orderpipeline/e2e/platform'
import type { Platform } from '@orderpipeline/e2e/platform'
import { normalProvider, pausedReplicas, payment, scaledObject } from './cluster-payment.ts'
import { prediction, replicas, stage } from './simulate/prediction.ts'
import { rows } from './simulate/rows.ts'
import type { Figures } from './simulate/rows.ts'
import { surroundingsOf } from './simulate/surroundings.ts'
import { watch } from './simulate/watch.ts'
import type { Observation } from './simulate/watch.ts'
import type { Row } from './table.ts'

export interface SimulateBenchOptions {
  readonly orders: number
  readonly latencyMs: number
  readonly say: (line: string) => void
}

const watched = { ...payment, longestSeconds: 1_200 }
/**
 * The local cluster's controller manager runs with it, and the operator's readiness probe has a
 * period of five seconds.
 */
const constants = { hpaSyncSeconds: 5, readinessSeconds: 5, skew: 0 }

export async function benchSimulate({ orders, latencyMs, say }: SimulateBenchOptions): Promise<Row[]> {
  const platform = await connect()
  try {
    await platform.settled('shop')
    say('scaling the idle stage up to measure how fast pods start …')
    const surroundings = { ...constants, ...surroundingsOf(await scaledUp(platform, say)) }
    await platform.settled('shop')
    await platform.providerBehaves({ ...normalProvider, latencyMs })
    say('the burst …')
    const burstResult = await measuredBurst(platform, orders, say)
    const { sendingMs } = burstResult
    say(`input of the model: ${orders} orders in ${(sendingMs / 1_000).toFixed(1)} s, and`)
    const predict = async (when: string, of: ClusterConditions): Promise<Figures> => {
      say(`  ${when}: ${optionsText(of)}`)
      return prediction(await platform.cluster.pipeline('shop'), { orders, latencyMs, surroundings: of, sendingMs })
    }
    const before = await predict('measured before', surroundings)
    const within = await predict('measured in the burst', { ...constants, ...surroundingsOf(burstResult.seen) })
    return rows(replicas, before, within, burstResult)
  } finally {
    await platform.cluster.kubectl(['annotate', scaledObject, `${pausedReplicas}-`])
    await platform.providerBehaves(normalProvider)
    await platform.close()
  }
}

/** From its minimum to its maximum, by KEDA but without any load. */
async function scaledUp(platform: Platform, say: (line: string) => void): Promise<Observation[]> {
  const max = (await stageSpec(platform)).scaling.maxReplicas
  const from = performance.now()
  await platform.cluster.kubectl(['annotate', scaledObject, `${pausedReplicas}=${max}`, '--overwrite'])
  const until = ({ members, ready, stable }: Observation): boolean => members === max && ready === max && stable
  try {
    return await watch(platform, { ...watched, from, say, until })
  } finally {
    await platform.cluster.kubectl(['annotate', scaledObject, `${pausedReplicas}-`])
  }
}

async function measuredBurst(
  platform: Platform,
  orders: number,
  say: (line: string) => void,
): Promise<Figures & { readonly sendingMs: number; readonly seen: readonly Observation[] }> {
  const from = performance.now()
  const traffic = platform.burst(orders)
  let allSent = false
  void traffic.then(
    () => (allSent = true),
    () => (allSent = true),
  )
  const until = async ({ lag }: Observation): Promise<boolean> =>
    allSent && lag === 0 && (await platform.ledger.unfinished()) === 0
  const observations = await watch(platform, { ...watched, from, say, until })
  const { sendingMs } = await traffic
  return {
    sendingMs,
    seen: observations,
    secondsToReplicas: observations.find(({ ready }) => ready >= replicas)?.seconds,
    peakLag: Math.max(...observations.map(({ lag }) => lag)),
    doneAtSeconds: observations[observations.findLastIndex(({ lag }) => lag > 0) + 1]?.seconds,
  }
}

/** As options of `orderpipeline simulate`. */
function optionsText(of: ClusterConditions): string {
  return [
    `--starts-per-second ${of.startsPerSecond.toFixed(2)}`,
    `--pod-start ${of.podStartSeconds.toFixed(1)}s`,
    `--ready-while-starting ${of.readyWhileStarting.toFixed(2)}`,
    `--ready-late ${of.readyLateSeconds.toFixed(0)}s`,
    `--rebalance ${of.rebalanceSeconds.toFixed(1)}s`,
  ].join(' ')
}

async function stageSpec(platform: Platform) {
  const match = (await platform.cluster.pipeline('shop')).spec.stages.find(({ name }) => name === stage)
  if (!match) throw new Error(`the pipeline shop has no stage ${stage}`)
  return match
}
