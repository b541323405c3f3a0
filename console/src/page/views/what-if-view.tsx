// What if? A question names a load and another maximum; the dry runs of the present pipeline and of
// the change are shown next to each other.
import { useEffect, useState } from 'preact/hooks'
import { keyOf } from '../../model/state.ts'
import type { PartState, PipelineState } from '../../model/state.ts'
import { queryOf } from '../../model/what-if.ts'
import type { Forecast, WhatIfRequest, WhatIf } from '../../model/what-if.ts'
import { ScalingChart } from '../chart/scaling-chart.tsx'
import { CopyCommand } from '../copy-command.tsx'
import { fetchJson } from '../live.ts'
import type { Answered } from '../live.ts'
import { countText, durationText, rateText } from '../words.ts'
import { ForecastTable } from './forecast-table.tsx'
import { QuestionForm } from './what-if-form.tsx'

interface WhatIfViewProps {
  readonly pipeline: PipelineState
  readonly question: WhatIfRequest | undefined
}

export function WhatIfView({ pipeline, question }: WhatIfViewProps) {
  const answer = useWhatIf(keyOf(pipeline), question)
  return (
    <>
      <h1>What if</h1>
      <QuestionForm key={question ? queryOf(question) : ''} {...{ pipeline, question }} />
      <div aria-live="polite">
        {question && answer === undefined && <p class="empty">Making the dry run …</p>}
        {answer && 'message' in answer && <p class="banner">{answer.message}</p>}
      </div>
      {question && answer && 'value' in answer && <Result {...{ pipeline, question }} found={answer.value} />}
      {!question && (
        <p class="empty">
          A dry run with the autoscalers of this pipeline, from its concurrency and workSeconds; nothing is changed.
        </p>
      )}
    </>
  )
}

function useWhatIf(pipeline: string, question: WhatIfRequest | undefined): Answered<WhatIf> | undefined {
  const path = question && `/api/what-if/${pipeline}?${queryOf(question)}`
  const [entry, setEntry] = useState<{ readonly asked: string; readonly answer: Answered<WhatIf> }>()
  useEffect(() => {
    if (path === undefined) return
    let cancelled = false
    void fetchJson<WhatIf>(path).then((answer) => {
      if (!cancelled) setEntry({ asked: path, answer })
    })
    return () => {
      cancelled = true
    }
  }, [path])
  return entry?.asked === path ? entry?.answer : undefined
}

interface ResultProps {
  readonly pipeline: PipelineState
  readonly question: WhatIfRequest
  readonly found: WhatIf
}

function Result({ pipeline, question, found: { present, changed, yaml } }: ResultProps) {
  const part = pipeline.parts.find(({ name }) => name === question.stage)
  const { maxReplicas } = question
  return (
    <>
      <Outcome forecast={present} title={changed ? 'As it is' : undefined} />
      {changed && <Outcome forecast={changed} title={`With up to ${maxReplicas} of ${question.stage}`} />}
      <section class="panel" aria-labelledby="forecast-title">
        <h2 id="forecast-title">Stages</h2>
        <ForecastTable {...{ present, changed, stage: question.stage }} />
      </section>
      <div class="tries">
        {part && <Picture title={`${part.name} as it is`} forecast={present} part={part} />}
        {part && changed && maxReplicas !== undefined && (
          <Picture
            title={`${part.name} with up to ${maxReplicas}`}
            forecast={changed}
            part={{ ...part, max: maxReplicas, min: Math.min(part.min, maxReplicas) }}
          />
        )}
      </div>
      {yaml !== undefined && (
        <section class="panel" aria-labelledby="yaml-title">
          <h2 id="yaml-title">The change</h2>
          <p class="hint">In the stage of that name in your own file; the rest of the stage stays.</p>
          <CopyCommand command={yaml} label="that makes the change" />
        </section>
      )}
    </>
  )
}

interface OutcomeProps {
  readonly forecast: Forecast
  readonly title: string | undefined
}

function Outcome({ forecast, title }: OutcomeProps) {
  const { orders, ordersPerSecond, doneAtSeconds, replicaHours, carries } = forecast
  const tooMuch = carries !== undefined && ordersPerSecond > carries.ordersPerSecond
  const good = doneAtSeconds !== undefined && !tooMuch
  return (
    <p class={`verdict ${good ? 'good' : 'bad'}`}>
      {title !== undefined && <strong>{title}: </strong>}
      {doneAtSeconds === undefined
        ? `${countText(orders)} orders are not done with a quarter of an hour after the last.`
        : `${countText(orders)} orders are done after ${durationText(doneAtSeconds)}.`}{' '}
      {`It takes ${replicaHours.toFixed(1)} replica-hours.`}{' '}
      {carries && `For good it carries ${rateText(carries.ordersPerSecond)} orders/s; then ${carries.stage} gives out.`}
    </p>
  )
}

interface PictureProps {
  readonly title: string
  readonly forecast: Forecast
  readonly part: PartState
}

/** Midnight in the reader's time: the axis then counts from 00:00. */
const beginning = new Date(2000, 0, 1).getTime()

function Picture({ title, forecast: { samples }, part }: PictureProps) {
  const seconds = (samples.at(-1)?.at ?? 0) / 1_000
  const shiftedSamples = samples.map((sample) => ({ ...sample, at: beginning + sample.at }))
  return (
    <section class="panel" aria-label={title}>
      <h2>{title}</h2>
      <ScalingChart
        {...{ part, minutes: Math.max(1, seconds / 60), now: beginning + seconds * 1_000 }}
        history={{ samples: shiftedSamples, scalings: [] }}
        label={`Lag and replicas of the dry run: ${title}; arrow keys read figures, and a table follows`}
      />
    </section>
  )
}
