// How is a prediction shown next to what was measured?
import type { Row } from '../table.ts'

export interface Figures {
  readonly secondsToReplicas: number | undefined
  readonly peakLag: number
  readonly doneAtSeconds: number | undefined
}

/** `replicas`: whose reaching is timed. */
export function rows(replicas: number, before: Figures, within: Figures, actual: Figures): Row[] {
  const row = (title: string, of: (figures: Figures) => number | undefined): Row => ({
    'payment in the burst': title,
    measured: figure(of(actual)),
    'predicted, pods as before': figure(of(before)),
    error: errorText(of(before), of(actual)),
    'pods as in the burst': figure(of(within)),
    'error ': errorText(of(within), of(actual)),
  })
  return [
    row(`seconds until ${replicas} pods are ready`, ({ secondsToReplicas }) => secondsToReplicas),
    row('most messages waiting or in flight', ({ peakLag }) => peakLag),
    row('seconds until none is left', ({ doneAtSeconds }) => doneAtSeconds),
  ]
}

function figure(value: number | undefined): string | number {
  return value === undefined || !Number.isFinite(value) ? 'never' : Math.round(value)
}

function errorText(predicted: number | undefined, actual: number | undefined): string {
  return predicted === undefined || !Number.isFinite(predicted) || !actual
    ? '-'
    : `${(((predicted - actual) / actual) * 100).toFixed(0)} %`
}
