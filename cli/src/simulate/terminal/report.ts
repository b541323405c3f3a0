// How is a run shown? Lag and replicas of every stage over time, then its figures, then what it
// comes to in a sentence.
import { tables } from '../../columns.ts'
import { wrapped } from '../../wrapped.ts'
import type { Figures, Run, StageFigures, StageRun } from '@orderpipeline/client/simulation'
import { area, columnsOf, timeAxis } from './area.ts'

export interface ReportContent {
  readonly title: string
  readonly run: Run
  readonly figures: Figures
  /** What the replicas of this run follow, such as consumer lag. */
  readonly scaledBy: string
  /** Replicas whose reaching is timed. */
  readonly replicas: number
  readonly alternatives: readonly { readonly name: string; readonly figures: Figures }[]
  readonly notes: readonly string[]
}

export interface ReportStyle {
  readonly colour: boolean
  /** Columns of the terminal; undefined where the output is none. */
  readonly width: number | undefined
}

type Colour = 'bold' | 'dim' | 'yellow' | 'cyan'
const codes: Record<Colour, number> = { bold: 1, dim: 2, yellow: 33, cyan: 36 }
const margin = 20
const narrowest = 40
const usualWidth = 100
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1, minimumFractionDigits: 1 })

export function report(content: ReportContent, look: ReportStyle): string[] {
  const { title, run, figures, replicas, alternatives, notes } = content
  const paint = (text: string, colour: Colour): string =>
    look.colour && text.trim() !== '' ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text
  const width = Math.max(narrowest, (look.width ?? usualWidth) - margin - 1)
  const pictures = run.stages.flatMap((stage, index) => {
    const of = figures.stages[index]
    return of ? [paint(stage.name, 'bold'), ...picture(stage, of, width, paint)] : []
  })
  return [
    paint(title, 'bold'),
    '',
    ...pictures,
    `${' '.repeat(margin)}${paint(timeAxis(run.seconds, width, time), 'dim')}`,
    '',
    ...table(figures.stages, replicas, look.width),
    '',
    ...sentences(figures).flatMap((line) => wrapped(line, look.width, 0)),
    ...(alternatives.length === 0 ? [] : ['', ...comparison(figures, content, look.width)]),
    ...notes.flatMap((line) => wrapped(line, look.width, 0)),
  ]
}

/** A stage that nothing happens to takes a line a series; one that scales takes some. */
function picture(
  { samples }: StageRun,
  { peakLag, mostReplicas, minReplicas }: StageFigures,
  width: number,
  paint: (text: string, colour: Colour) => string,
): string[] {
  const scales = mostReplicas > minReplicas
  const lag = area(
    columnsOf(
      samples.map((sample) => sample.lag),
      width,
    ),
    { height: scales ? 4 : 1, top: peakLag },
  )
  const desired = columnsOf(
    samples.map((sample) => sample.wanted),
    width,
  )
  const ready = columnsOf(
    samples.map((sample) => sample.ready),
    width,
  )
  const replicas = area(ready, { height: scales ? 3 : 1, top: mostReplicas, behind: desired })
  return [
    ...labelled('lag', whole.format(peakLag), lag).map(([label, line]) => `${label}${paint(line, 'yellow')}`),
    ...labelled('replicas', whole.format(mostReplicas), replicas).map(
      ([label, line]) => `${label}${paint(line, 'cyan')}`,
    ),
  ]
}

/** The first line has the name and the top value next to it; the bottom value is 0. */
function labelled(name: string, top: string, lines: readonly string[]): [string, string][] {
  return lines.map((line, index) => {
    const label = index === 0 ? `  ${name.padEnd(8)}${top.padStart(margin - 12)}` : ''
    return [`${label.padEnd(margin - 2)}▕`.padEnd(margin), line]
  })
}

/** `0s`, `1m05s`, `2h`, `1d06h`. */
export function time(seconds: number): string {
  const rounded = Math.round(seconds)
  const parts = [
    Math.floor(rounded / 86_400),
    Math.floor(rounded / 3_600) % 24,
    Math.floor(rounded / 60) % 60,
    rounded % 60,
  ]
  const units = ['d', 'h', 'm', 's']
  const from = parts.findIndex((part) => part > 0)
  if (from === -1) return '0s'
  const [large = 0, small = 0] = [parts[from], parts[from + 1]]
  const rest = small > 0 ? `${String(small).padStart(2, '0')}${units[from + 1]}` : ''
  return `${large}${units[from]}${rest}`
}

function timeOr(seconds: number | undefined, otherwise = '-'): string {
  return seconds === undefined ? otherwise : time(seconds)
}

function table(stages: readonly StageFigures[], replicas: number, width: number | undefined): readonly string[] {
  const reached = stages.some(({ secondsToReplicas }) => secondsToReplicas !== undefined)
  const header = ['STAGE', 'MESSAGES', 'PEAK LAG', 'DRAIN', 'LONGEST WAIT', 'REPLICAS', 'ALL READY']
  const rows = stages.map((stage) => [
    stage.name,
    whole.format(stage.messages),
    whole.format(stage.peakLag),
    timeOr(stage.drainSeconds, 'never'),
    time(stage.longestWaitSeconds),
    `${stage.minReplicas}→${stage.mostReplicas}/${stage.maxReplicas}`,
    stage.mostReplicas > stage.minReplicas ? timeOr(stage.secondsToMost, 'never') : '-',
    ...(reached ? [timeOr(stage.secondsToReplicas)] : []),
    stage.rebalances === 0 ? '0' : `${whole.format(stage.rebalances)} (${time(stage.standstillSeconds)})`,
    fine.format(stage.replicaHours),
  ])
  return linesOf([...header, ...(reached ? [`${replicas} READY`] : []), 'REBALANCES', 'REPLICA-HOURS'], rows, width)
}

function sentences({ orders, seconds, doneAtSeconds, replicaHours, replicaHoursAtMaximum }: Figures): string[] {
  const share = replicaHoursAtMaximum === 0 ? 0 : (replicaHours / replicaHoursAtMaximum) * 100
  const drained =
    doneAtSeconds === undefined
      ? `${whole.format(orders)} orders are not finished after ${time(seconds)}.`
      : `${whole.format(orders)} orders are finished after ${time(doneAtSeconds)}.`
  return [
    `${drained} ${fine.format(replicaHours)} replica-hours in ${time(seconds)}: ${whole.format(share)} % of the replica-hours of constant maxReplicas.`,
  ]
}

function comparison(
  figures: Figures,
  { scaledBy, alternatives }: ReportContent,
  width: number | undefined,
): readonly string[] {
  const all = [{ name: scaledBy, figures }, ...alternatives]
  const most = (of: (stage: StageFigures) => number, { stages }: Figures): number => Math.max(0, ...stages.map(of))
  const rows = all.map(({ name, figures: one }) => [
    name,
    whole.format(most(({ peakLag }) => peakLag, one)),
    time(most(({ longestWaitSeconds }) => longestWaitSeconds, one)),
    timeOr(one.doneAtSeconds, 'later'),
    whole.format(most(({ turns }) => turns, one)),
    fine.format(one.replicaHours),
  ])
  return linesOf(['REPLICAS BY', 'PEAK LAG', 'LONGEST WAIT', 'ALL DONE AFTER', 'TURNS', 'REPLICA-HOURS'], rows, width)
}

function linesOf(header: readonly string[], rows: readonly (readonly string[])[], width: number | undefined): string[] {
  return tables(header, rows, { width }).flatMap(({ titles, lines }) => [titles, ...lines])
}
