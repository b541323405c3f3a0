// How late is the event loop? Monitored only while someone reads it: the monitor wakes a process
// ten times a second, which is a quarter of what an idle replica uses.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'

/** Milliseconds; prom-client's default of 10 would wake it a hundred times a second. */
const resolutionMs = 100
/** Several scrapes, however rare they are. */
const unreadMs = 5 * 60_000
const perSecond = 1e9

type Delays = ReturnType<typeof monitorEventLoopDelay>

const figures: Readonly<Record<string, (delays: Delays) => number>> = {
  min: (delays) => delays.min,
  max: (delays) => delays.max,
  mean: (delays) => delays.mean,
  stddev: (delays) => delays.stddev,
  p50: (delays) => delays.percentile(50),
  p90: (delays) => delays.percentile(90),
  p99: (delays) => delays.percentile(99),
}

/**
 * In the place of prom-client's metrics of the same names. NaN at the first read, and at the first
 * one after a while without.
 */
export function monitorDelayWhileRead(registry: Registry, unreadForMs = unreadMs): void {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  let unread: NodeJS.Timeout | undefined
  const gauges = new Map<string, Gauge>()
  const collect = (): void => {
    for (const [figure, gauge] of gauges)
      gauge.set(delays.count > 0 ? (figures[figure]?.(delays) ?? NaN) / perSecond : NaN)
    delays.reset()
    delays.enable()
    unread ??= setTimeout(() => {
      unread = undefined
      delays.disable()
      delays.reset()
    }, unreadForMs).unref()
    unread.refresh()
  }
  for (const [position, figure] of Object.keys(figures).entries()) {
    const name = `nodejs_eventloop_lag_${figure}_seconds`
    registry.removeSingleMetric(name)
    const help = `Delay of the event loop since the last read: ${figure}.`
    // The first one sets all of them.
    gauges.set(figure, new Gauge({ name, help, registers: [registry], ...(position === 0 ? { collect } : {}) }))
  }
}
