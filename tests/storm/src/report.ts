// How is a storm shown to people, while it lasts and when it is over? Pure.
import { shopStages } from '@orderpipeline/stage/testing'
import type { Sample } from './samples.ts'
import type { StormOutcome } from './storm.ts'

/** `before`: an earlier sample, for the rate. */
export function progressLine(sample: Sample, before: Sample | undefined, stormSeconds: number): string {
  const { orders, lag, mails, processes, elapsedSeconds } = sample
  const endedCount = orders.shipped + orders.cancelled
  const remainingSeconds = stormSeconds - elapsedSeconds
  const memory = shopStages.map((stage) => {
    const rss = processes.filter(({ service }) => service === stage).flatMap((one) => one.rss ?? [])
    return `${stage} ${rss.join('/') || '-'}`
  })
  const suspectPartitions = processes.reduce((sum, one) => sum + (one.careful ?? 0), 0)
  return [
    `${clock(elapsedSeconds)}${sample.phase === 'storm' ? `, faults for ${clock(remainingSeconds)} more` : ', no more faults'}`,
    `${whole(endedCount)} orders ended, ${whole(orders.open)} open${rateOf(sample, before)}`,
    `lag ${shopStages.map((stage) => `${stage} ${lag[stage] ?? '?'}`).join(' ')} mails ${mails}`,
    `database ${sample.database}, provider ${sample.provider}${suspectPartitions > 0 ? `, ${suspectPartitions} partitions suspect` : ''}`,
    `MiB ${memory.join(' ')}`,
  ].join('; ')
}

function rateOf(sample: Sample, before: Sample | undefined): string {
  if (!before || sample.elapsedSeconds <= before.elapsedSeconds) return ''
  const endedIn = ({ orders }: Sample): number => orders.shipped + orders.cancelled
  const rate = (endedIn(sample) - endedIn(before)) / (sample.elapsedSeconds - before.elapsedSeconds)
  return ` (${whole(rate)}/s)`
}

export function summary(outcome: StormOutcome): string {
  const { reckoning, faults, memory, careful: suspectStretches, drainSeconds, placedSeconds } = outcome
  const { audit, reasons } = reckoning
  const list = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([what, count]) => `${what} ${whole(count)}`)
      .join(', ')
  const rows = memory.map((row) => [row.service, row.secondQuarter, row.lastQuarter, row.peak].map(cell))
  return [
    `${whole(audit.accepted)} orders accepted: ${whole(audit.shipped)} shipped, ${whole(audit.cancelled)} cancelled` +
      ` (${list(reasons)}); ${audit.lost} lost, ${audit.twoEnds} with two ends, ${audit.unfinished} not ended`,
    `the backlog was accepted in ${seconds(placedSeconds)}; all had ended ${seconds(drainSeconds)} after the faults`,
    `faults: ${list(faults)}`,
    `mails: ${whole(reckoning.mails)}, ${reckoning.repeatedMails} of them repeated; dead letters: ${reckoning.deadLetters}`,
    `suspect partitions, longest stretch: ${suspectStretches[0] ? `${suspectStretches[0].name} ${seconds(suspectStretches[0].seconds)}` : 'none'}`,
    '',
    columns([['MiB of', 'second quarter', 'last quarter', 'peak'], ...rows]),
    '',
    ...(outcome.problems.length === 0 ? ['passed'] : ['NOT passed:', ...outcome.problems.map((one) => `- ${one}`)]),
  ].join('\n')
}

function columns(rows: readonly (readonly string[])[]): string {
  const width = (n: number): number => Math.max(...rows.map((row) => row[n]?.length ?? 0))
  const pad = (text: string, n: number): string => (n === 0 ? text.padEnd(width(n)) : text.padStart(width(n)))
  return rows.map((row) => row.map(pad).join('  ')).join('\n')
}

function cell(value: string | number | undefined): string {
  return String(value ?? '-')
}
function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}
function seconds(value: number | undefined): string {
  return value === undefined ? '(never)' : `${Math.round(value)} s`
}
function clock(value: number): string {
  return `${Math.floor(Math.max(0, value) / 60)}:${String(Math.floor(Math.max(0, value) % 60)).padStart(2, '0')}`
}
