// How does the view look in a terminal? Lines of text, coloured where colours are on.
import { painter } from '../colour.ts'
import type { Paint } from '../colour.ts'
import { tables } from '../columns.ts'
import { countText, deadLettersText, drainText, rateText } from '@orderpipeline/client/figures'
import type { PipelineView, StageView } from './view.ts'

export interface FrameOptions {
  readonly colour: boolean
  readonly now: Date
  readonly columns?: number | undefined
}

export function frame(views: readonly PipelineView[], options: FrameOptions): readonly string[] {
  const paint = painter(options.colour)
  const clock = options.now.toTimeString().slice(0, 8)
  if (views.length === 0) return [`${paint('all pipelines are deleted', 'yellow')}  ${paint(clock, 'dim')}`]
  return views.flatMap((view, index) => [
    ...(index === 0 ? [] : ['']),
    `${headline(view, paint)}  ${paint(clock, 'dim')}`,
    ...table(view.stages, paint, options.columns),
    ...(view.deadLetters
      ? [clipped(deadLettersText(view.deadLetters, view.name), options.columns, (text) => paint(text, 'yellow'))]
      : []),
    ...view.problems.map(({ type, status, reason, message }) =>
      clipped(`${type} ${status}  ${reason}: ${message}`, options.columns, (text) => paint(text, 'yellow')),
    ),
    ...(view.behind ? [paint('the operator has not yet reconciled the latest spec', 'yellow')] : []),
  ])
}

function headline(view: PipelineView, paint: Paint): string {
  const ready = { True: paint('Ready', 'green'), False: paint('not Ready', 'red'), Unknown: paint('Ready?', 'yellow') }
  return [
    paint(`${view.namespace}/${view.name}`, 'bold'),
    ready[view.ready],
    ...(view.suspended ? [paint('suspended', 'yellow')] : []),
    `orders/s ${rateText(view.ordersPerSecond)}`,
    `lag ${countText(view.lag)}`,
  ].join('  ')
}

const header = ['STAGE', 'LAG', 'READY/WANTED', 'MIN-MAX', 'CONSUMED/S', 'DRAIN'] as const

function table(stages: readonly StageView[], paint: Paint, width: number | undefined): readonly string[] {
  const rows = stages.map((stage) => [
    stage.name,
    countText(stage.lag),
    `${stage.ready}/${stage.wanted}`,
    `${stage.min}-${stage.max}`,
    rateText(stage.consumedPerSecond),
    drainText(stage),
  ])
  return tables(header, rows, { width }).flatMap(({ titles, lines }) => [
    paint(titles, 'dim'),
    ...lines.map((line, index) => {
      const stage = stages[index]
      return stage && stage.ready < stage.wanted ? paint(line, 'yellow') : line
    }),
  ])
}

/** Colour comes after the cut, so that a cut never leaves a terminal coloured. */
function clipped(text: string, columns: number | undefined, paint: (text: string) => string): string {
  const oneLine = text.replaceAll(/\s*\n\s*/g, ' ')
  return paint(columns !== undefined && oneLine.length > columns ? `${oneLine.slice(0, columns - 1)}…` : oneLine)
}
