// Which metrics do the objectives of stages have? Seconds that were measured and seconds that were
// late, since this process started: their rates give the share of errors over any window.
import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { SloTotal } from './slo-log.ts'

export function sloMetrics(registry: Registry, totals: () => readonly SloTotal[]): void {
  const registers = [registry]
  const labelNames = ['namespace', 'pipeline', 'stage'] as const
  const labelsOf = ({ namespace, pipeline, stage }: SloTotal) => ({ namespace, pipeline, stage })
  new Counter({
    name: 'orderpipeline_slo_measured_seconds_total',
    help: 'Seconds in which it was known whether the stage was fresh, as spec.slo says',
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const one of totals()) this.inc(labelsOf(one), one.measuredSeconds)
    },
  })
  new Counter({
    name: 'orderpipeline_slo_late_seconds_total',
    help: 'Seconds in which a message that the stage had not consumed was older than freshnessSeconds',
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const one of totals()) this.inc(labelsOf(one), one.lateSeconds)
    },
  })
}
