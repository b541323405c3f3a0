// How did lag and replicas develop? Two pictures over one time: the lag as an area, and below it
// the desired replicas as a line over the ready ones.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PartHistory, PartState, Sample } from '../../model/state.ts'
import { beginningOf, lastMinutes } from '../history-view.ts'
import { clockText, countText, dash, rangeWords } from '../words.ts'
import { FiguresTable } from './figures-table.tsx'
import { memberChangesOf, rebalanceBandsOf, standstillsOf } from './marks.ts'
import { closed, linePath, nearest, niceTicks, ownGapMs, runs, stepPath, timeTicks, xOf, yOf } from './scales.ts'
import type { Frame } from './scales.ts'

interface ScalingChartProps {
  readonly part: PartState
  readonly history: PartHistory
  readonly minutes: number
  readonly now: number
  /** A gap longer than this was no measurement; that of the console's own samples unless given. */
  readonly gapMs?: number
  /** For those who do not see it; of the last minutes unless given. */
  readonly label?: string
}

const leftMargin = 56
const right = 14
const lagHeight = 150
const replicaHeight = 150
const above = 26
const between = 46
const total = above + lagHeight + between + replicaHeight + 26

export function ScalingChart({ part, history, minutes, now, label, gapMs = ownGapMs }: ScalingChartProps) {
  const [box, width] = useWidth()
  const [at, setAt] = useState<number>()
  const samples = lastMinutes(history.samples, minutes, now)
  // A dry run, which has a label of its own, knows no consumer group.
  const hasMarks = part.kind === 'stage' && label === undefined
  const { time, lag, replicas, lagTicks, replicaTicks } = framesOf(samples, part.min, { minutes, now, width })
  const cursorSample = at === undefined ? undefined : nearest(samples, at)
  const move = (step: number): void => {
    const index = cursorSample ? samples.indexOf(cursorSample) : samples.length
    setAt(samples[Math.max(0, Math.min(samples.length - 1, index + step))]?.at)
  }
  return (
    <div class="chart">
      <Readout
        sample={cursorSample ?? samples.at(-1)}
        latest={cursorSample === undefined}
        gateway={part.kind === 'gateway'}
      />
      <div ref={box}>
        <svg
          {...{ width, height: total, viewBox: `0 0 ${width} ${total}`, tabIndex: 0 }}
          role="img"
          aria-label={label ?? labelOf(part, minutes)}
          onPointerMove={(event) => {
            const { x } = event.currentTarget.getBoundingClientRect()
            setAt(time.from + ((event.clientX - x - leftMargin) / time.width) * (time.to - time.from))
          }}
          onPointerLeave={() => setAt(undefined)}
          onBlur={() => setAt(undefined)}
          onKeyDown={(event) => {
            const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12 }[event.key]
            if (step === undefined) return
            event.preventDefault()
            move(step)
          }}
        >
          <Axes
            frame={lag}
            ticks={lagTicks}
            title={part.kind === 'gateway' ? 'Lag (a gateway has none)' : 'Lag, messages'}
          />
          <Standstills frame={lag} {...{ samples, gapMs }} />
          <Lag frame={lag} {...{ samples, gapMs }} />
          <Axes frame={replicas} ticks={replicaTicks} title="Replicas" times />
          <Replicas frame={replicas} {...{ samples, gapMs, part }} />
          {hasMarks && <MemberChanges frame={replicas} {...{ samples, gapMs }} />}
          <Scalings frame={replicas} scalings={history.scalings.filter((scaling) => scaling.at >= time.from)} />
          {cursorSample && (
            <path class="cursor" d={`M${xOf(lag, cursorSample.at)} ${lag.top}V${replicas.top + replicas.height}`} />
          )}
        </svg>
      </div>
      {hasMarks && <MarksHint />}
      <FiguresTable samples={samples} />
    </div>
  )
}

function labelOf({ name }: PartState, minutes: number): string {
  return `Lag and replicas of ${name} over the last ${rangeWords(minutes)}; arrow keys read figures, and a table follows`
}

function framesOf(
  samples: readonly Sample[],
  least: number,
  { minutes, now, width }: { readonly minutes: number; readonly now: number; readonly width: number },
) {
  const time = {
    from: beginningOf(samples, minutes, now),
    to: now,
    left: leftMargin,
    width: Math.max(100, width - leftMargin - right),
  }
  const lagTicks = niceTicks(Math.max(4, ...samples.map(({ lag }) => lag ?? 0)))
  const replicaTicks = niceTicks(Math.max(2, ...samples.map(({ wanted, ready }) => Math.max(wanted, ready)), least))
  const lag: Frame = { ...time, top: above, height: lagHeight, most: lagTicks.at(-1) ?? 1 }
  const replicas: Frame = {
    ...time,
    top: above + lagHeight + between,
    height: replicaHeight,
    most: replicaTicks.at(-1) ?? 1,
  }
  return { time, lag, replicas, lagTicks, replicaTicks }
}

function MarksHint() {
  return (
    <p class="hint">
      A mark on the time axis: replicas joined or left the consumer group, which rebalances. A band: the stage stood
      still.
    </p>
  )
}

interface MarksProps {
  readonly frame: Frame
  readonly samples: readonly Sample[]
  readonly gapMs: number
}

function Lag({ frame, samples, gapMs }: MarksProps) {
  return (
    <g class="lag">
      {runs(samples, ({ lag }) => lag, gapMs).map((run) => {
        const line = linePath(frame, run)
        return [<path class="area" d={closed(frame, run, line)} />, <path class="line" d={line} />]
      })}
    </g>
  )
}

function Standstills({ frame, samples, gapMs }: MarksProps) {
  return (
    <g class="standstills">
      {[...standstillsOf(samples, gapMs), ...rebalanceBandsOf(samples)].map(({ from, to }) => {
        const x = xOf(frame, from)
        return <rect key={from} x={x} y={frame.top} width={Math.max(2, xOf(frame, to) - x)} height={frame.height} />
      })}
    </g>
  )
}

function MemberChanges({ frame, samples, gapMs }: MarksProps) {
  const floor = yOf(frame, 0)
  return (
    <path
      class="member-changes"
      d={memberChangesOf(
        samples.filter(({ at }) => at >= frame.from),
        gapMs,
      )
        .map((at) => `M${xOf(frame, at)} ${floor}v6`)
        .join('')}
    />
  )
}

function Scalings({ frame, scalings }: { readonly frame: Frame; readonly scalings: PartHistory['scalings'] }) {
  return (
    <>
      {scalings.map((scaling) => (
        <circle class="scaling" cx={xOf(frame, scaling.at)} cy={yOf(frame, Math.min(scaling.to, frame.most))} r={3.5} />
      ))}
    </>
  )
}

function Replicas({ frame, samples, gapMs, part }: MarksProps & { readonly part: PartState }) {
  const { left: x, width } = frame
  return (
    <g class="replicas">
      {[part.min, part.max].map(
        (bound) => bound <= frame.most && <path class="bound" d={`M${x} ${yOf(frame, bound)}h${width}`} />,
      )}
      {runs(samples, ({ ready }) => ready, gapMs).map((run) => (
        <path class="area" d={closed(frame, run, stepPath(frame, run))} />
      ))}
      {runs(samples, ({ wanted }) => wanted, gapMs).map((run) => (
        <path class="line" d={stepPath(frame, run)} />
      ))}
    </g>
  )
}

interface AxesProps {
  readonly frame: Frame
  readonly ticks: readonly number[]
  readonly title: string
  readonly times?: boolean
}

function Axes({ frame, ticks, title, times = false }: AxesProps) {
  const { left: x, width, top, height, from, to } = frame
  return (
    <g class="axes">
      <text class="title" x={0} y={top - 12}>
        {title}
      </text>
      {ticks.map((value) => (
        <>
          <path d={`M${x} ${yOf(frame, value)}h${width}`} />
          <text x={x - 8} y={yOf(frame, value) + 4} text-anchor="end">
            {compact.format(value)}
          </text>
        </>
      ))}
      {times &&
        timeTicks(from, to, Math.max(2, Math.floor(width / 90))).map((tick) => (
          <text x={xOf(frame, tick)} y={top + height + 18} text-anchor="middle">
            {clockText(tick).slice(0, 5)}
          </text>
        ))}
    </g>
  )
}

const compact = new Intl.NumberFormat('en', { notation: 'compact' })

interface ReadoutProps {
  readonly sample: Sample | undefined
  readonly latest: boolean
  readonly gateway: boolean
}

function Readout({ sample, latest, gateway }: ReadoutProps) {
  if (!sample) return <p class="readout">No sample yet: the first comes within five seconds.</p>
  return (
    <p class="readout" role={latest ? undefined : 'status'}>
      <span class="when">{latest ? 'Latest' : clockText(sample.at)}</span>
      {!gateway && (
        <span class="key lag">
          lag <b>{sample.lag === null ? dash : countText(sample.lag)}</b>
        </span>
      )}
      <span class="key wanted">
        wanted <b>{sample.wanted}</b>
      </span>
      <span class="key ready">
        ready <b>{sample.ready}</b>
      </span>
    </p>
  )
}

/** A picture as wide as the page allows, and never scaled: its text keeps its size. */
function useWidth() {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(600)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const observer = new ResizeObserver(() => setWidth(Math.max(260, element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [box, width] as const
}
