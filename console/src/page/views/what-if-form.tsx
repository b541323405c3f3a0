// What is asked of a dry run? A load and another maximum of one stage; the question becomes the
// address of the view.
import { useState } from 'preact/hooks'
import { keyOf } from '../../model/state.ts'
import type { PipelineState } from '../../model/state.ts'
import { limits } from '../../model/what-if.ts'
import type { WhatIfRequest } from '../../model/what-if.ts'
import { go } from '../navigation.ts'
import { pathOf } from '../route.ts'

interface NumberFieldProps {
  readonly label: string
  readonly value: string
  readonly min: number
  readonly max: number
  readonly set: (text: string) => void
  readonly disabled?: boolean
}

function NumberField({ label, value, min, max, set, disabled = false }: NumberFieldProps) {
  return (
    <label class="field">
      {label}
      <input
        {...{ type: 'number', min, max, step: 'any', value, required: true, disabled }}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  )
}

interface QuestionFormProps {
  readonly pipeline: PipelineState
  readonly question: WhatIfRequest | undefined
}

/** As they are typed. */
type Values = Readonly<Record<'rate' | 'minutes' | 'trace' | 'burst' | 'stage' | 'max', string>>

export function QuestionForm({ pipeline, question }: QuestionFormProps) {
  const [values, setValues] = useState(() => initialValues(pipeline, question))
  const field = (name: keyof Values) => ({
    value: values[name],
    set: (text: string) => setValues({ ...values, [name]: text }),
  })
  const hasTrace = values.trace.trim() !== ''
  return (
    <form
      class="actions"
      onSubmit={(event) => {
        event.preventDefault()
        go(pathOf({ view: 'what-if', pipeline: keyOf(pipeline), question: questionOf(pipeline, values) }))
      }}
    >
      <NumberField
        {...{ label: 'Orders a second', min: 0, max: limits.ordersPerSecond, disabled: hasTrace }}
        {...field('rate')}
      />
      <NumberField
        {...{ label: 'For minutes', min: 1, max: limits.minutes, disabled: hasTrace }}
        {...field('minutes')}
      />
      <NumberField {...{ label: 'And a burst of', min: 0, max: limits.burst }} {...field('burst')} />
      <StageField
        value={values.stage}
        names={stagesOf(pipeline).map(({ name }) => name)}
        set={(stage) => setValues({ ...values, stage, max: String(maximumOf(pipeline, stage)) })}
      />
      <NumberField {...{ label: 'With a maximum of', min: 1, max: limits.maxReplicas }} {...field('max')} />
      <TraceField {...field('trace')} />
      <button type="submit" class="primary">
        Dry run
      </button>
    </form>
  )
}

function stagesOf({ parts }: PipelineState) {
  return parts.filter(({ kind }) => kind === 'stage')
}

function maximumOf(pipeline: PipelineState, stage: string): number {
  return stagesOf(pipeline).find(({ name }) => name === stage)?.max ?? 1
}

/** Without a question the present rate, and the stage that gives out first. */
function initialValues(pipeline: PipelineState, question: WhatIfRequest | undefined): Values {
  const largest = stagesOf(pipeline).toSorted((a, b) => b.max - a.max)[0]
  const stage = question?.stage ?? pipeline.capacity?.part ?? largest?.name ?? ''
  const steadyRate = question?.trace === undefined ? question?.ordersPerSecond : undefined
  return {
    rate: String(steadyRate ?? Math.round(pipeline.ordersPerSecond ?? 50)),
    minutes: String(question?.minutes ?? 10),
    trace: question?.trace ?? '',
    burst: String(question?.burst ?? 0),
    stage,
    max: String(question?.maxReplicas ?? maximumOf(pipeline, stage)),
  }
}

function questionOf(pipeline: PipelineState, { rate, minutes, trace, burst, stage, max }: Values): WhatIfRequest {
  return {
    ...{ ordersPerSecond: Number(rate), minutes: Number(minutes), burst: Number(burst), stage },
    ...(trace.trim() === '' ? {} : { trace: trace.trim() }),
    ...(Number(max) === maximumOf(pipeline, stage) ? {} : { maxReplicas: Number(max) }),
  }
}

interface StageFieldProps extends Pick<NumberFieldProps, 'value' | 'set'> {
  readonly names: readonly string[]
}

function StageField({ value, names, set }: StageFieldProps) {
  return (
    <label class="field">
      Stage
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

const traceExample = 'at,rate\n0,50/s\n5m,600/s\n10m,50/s\n30m,50/s'

function TraceField({ value, set }: Pick<NumberFieldProps, 'value' | 'set'>) {
  return (
    <details class="trace" open={value !== ''}>
      <summary>Or a trace, in the place of the rate</summary>
      <label class="field wide">
        <span class="hint">
          {`Lines of at,rate or at,orders; each lasts until the next. Up to ${limits.traceMinutes} minutes and ${limits.traceCharacters} characters.`}
        </span>
        <textarea
          {...{ rows: 6, maxLength: limits.traceCharacters, spellcheck: false, placeholder: traceExample, value }}
          aria-label="Trace"
          onInput={(event) => set(event.currentTarget.value)}
        />
      </label>
    </details>
  )
}
