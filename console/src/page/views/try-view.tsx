// What happens if? On a pipeline of this machine orders are placed, the provider is made slow or
// failing, a replica is killed, and a message is sent that no stage can handle, while its stages
// are watched below.
import { useEffect, useState } from 'preact/hooks'
import type { Rights } from '../../model/actions.ts'
import { keyOf } from '../../model/state.ts'
import type { PipelineState } from '../../model/state.ts'
import { largestBurst, providerModes } from '../../model/try-it.ts'
import type { PlacedOrders, ProviderMode, SentPoison } from '../../model/try-it.ts'
import { act } from '../actions.ts'
import { fetchJson } from '../live.ts'
import type { Answered } from '../live.ts'
import { pathOf } from '../route.ts'
import { countText, plural } from '../words.ts'
import { StageTable } from './stage-table.tsx'

interface TryViewProps {
  readonly pipeline: PipelineState
  readonly rights: Rights | undefined
}

export function TryView({ pipeline, rights }: TryViewProps) {
  const refusal = rights === undefined ? 'Asking what may be done …' : rights.refused.try
  return (
    <>
      <h1>Try it</h1>
      <p class="verdict">
        This pipeline runs on this machine: nothing here reaches a customer. Do something, and watch the stages below.
      </p>
      {refusal !== undefined && <p class={rights ? 'banner calm' : 'empty'}>{refusal}</p>}
      {refusal === undefined && (
        <div class="tries">
          {pipeline.hasGateway && <Orders pipeline={pipeline} />}
          <Provider pipeline={keyOf(pipeline)} />
          <Kill pipeline={pipeline} />
          <Poison pipeline={pipeline} />
        </div>
      )}
      <section class="panel" aria-labelledby="watch-title">
        <h2 id="watch-title">Stages</h2>
        <StageTable pipeline={pipeline} />
      </section>
    </>
  )
}

/** One thing at a time, and what came of the last. */
function useDoing<T>(perform: () => Promise<Answered<T>>) {
  const [state, setState] = useState<{ readonly busy: boolean; readonly answer?: Answered<T> }>({ busy: false })
  const run = async (): Promise<void> => {
    setState({ busy: true })
    setState({ busy: false, answer: await perform() })
  }
  return { ...state, run: () => void run() }
}

function Orders({ pipeline }: { readonly pipeline: PipelineState }) {
  const key = keyOf(pipeline)
  const [burst, setBurst] = useState('500')
  const count = Number(burst)
  const isGood = Number.isInteger(count) && count >= 1 && count <= largestBurst
  const one = useDoing(() => act<PlacedOrders>(key, 'try-orders', { count: 1 }))
  const many = useDoing(() => act<PlacedOrders>(key, 'try-orders', { count }))
  const busy = one.busy || many.busy
  return (
    <section class="panel" aria-labelledby="try-orders">
      <h2 id="try-orders">Orders</h2>
      <div class="actions">
        <button type="button" disabled={busy} onClick={one.run}>
          Place an order
        </button>
        <label class="field">
          Burst of
          <input
            {...{ type: 'number', min: 1, max: largestBurst, step: 1, value: burst }}
            onInput={(event) => setBurst(event.currentTarget.value)}
          />
        </label>
        <button type="button" disabled={busy || !isGood} onClick={many.run}>
          {many.busy ? 'Placing …' : 'Place them'}
        </button>
      </div>
      <div role="status">
        <PlacedText answer={many.answer ?? one.answer} pipeline={key} />
      </div>
    </section>
  )
}

function PlacedText({
  answer,
  pipeline,
}: {
  readonly answer: Answered<PlacedOrders> | undefined
  readonly pipeline: string
}) {
  if (!answer) return null
  if ('message' in answer) return <p class="banner">{answer.message}</p>
  const { taken, order, refused, why } = answer.value
  return (
    <p>
      {taken === 1 ? 'The order was taken: ' : `${countText(taken)} orders were taken; the last: `}
      <a href={pathOf({ view: 'orders', pipeline, id: order })}>
        <code>{order}</code>
      </a>
      {refused === undefined ? '' : ` ${plural(refused, 'order')} not: ${why}`}
    </p>
  )
}

const modeTexts: Readonly<Record<ProviderMode, string>> = {
  normal: 'Normal: 50 ms',
  slow: 'Slow: 3 s',
  failing: 'Failing: 7 of 10 calls',
}
const modes = Object.keys(providerModes) as ProviderMode[]

function Provider({ pipeline }: { readonly pipeline: string }) {
  const [mode, setMode] = useState<Answered<{ readonly mode: ProviderMode | 'other' | 'none' }>>()
  useEffect(() => {
    void fetchJson<{ mode: ProviderMode | 'other' | 'none' }>(`/api/try/${pipeline}`).then(setMode)
  }, [pipeline])
  const current = mode && 'value' in mode ? mode.value.mode : undefined
  if (current === 'none') return null
  const choose = async (newMode: ProviderMode): Promise<void> =>
    setMode(await act<{ mode: ProviderMode }>(pipeline, 'try-provider', { mode: newMode }))
  return (
    <section class="panel" aria-labelledby="try-provider">
      <h2 id="try-provider">Payment provider</h2>
      <div class="actions" role="group" aria-labelledby="try-provider">
        {modes.map((one) => (
          <button key={one} type="button" aria-pressed={current === one} onClick={() => void choose(one)}>
            {modeTexts[one]}
          </button>
        ))}
      </div>
      <div role="status">{mode && 'message' in mode && <p class="banner">{mode.message}</p>}</div>
    </section>
  )
}

function Kill({ pipeline }: { readonly pipeline: PipelineState }) {
  const [part, setPart] = useState(pipeline.parts.find(({ kind }) => kind === 'stage')?.name ?? '')
  const { busy, answer, run } = useDoing(() => act<{ message: string }>(keyOf(pipeline), 'try-kill', { part }))
  return (
    <section class="panel" aria-labelledby="try-kill">
      <h2 id="try-kill">Replicas</h2>
      <div class="actions">
        <label class="field">
          Of
          <select value={part} onChange={(event) => setPart(event.currentTarget.value)}>
            {pipeline.parts.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="danger" disabled={busy} onClick={run}>
          Kill a replica
        </button>
      </div>
      <div role="status">
        {answer && ('value' in answer ? <p>{answer.value.message}</p> : <p class="banner">{answer.message}</p>)}
      </div>
    </section>
  )
}

/** How a dead letter comes about. */
function Poison({ pipeline }: { readonly pipeline: PipelineState }) {
  const stages = pipeline.parts.flatMap(({ kind, name }) => (kind === 'stage' ? [name] : []))
  const [stage, setStage] = useState(stages[0] ?? '')
  const key = keyOf(pipeline)
  const { busy, answer, run } = useDoing(() => act<SentPoison>(key, 'try-poison', { stage }))
  return (
    <section class="panel" aria-labelledby="try-poison">
      <h2 id="try-poison">A message that cannot be handled</h2>
      <div class="actions">
        <label class="field">
          For
          <select value={stage} onChange={(event) => setStage(event.currentTarget.value)}>
            {stages.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" disabled={busy} onClick={run}>
          Send a poison message
        </button>
      </div>
      <div role="status">
        {answer &&
          ('value' in answer ? (
            <PoisonText sent={answer.value} pipeline={key} />
          ) : (
            <p class="banner">{answer.message}</p>
          ))}
      </div>
    </section>
  )
}

function PoisonText({ sent: { topic, stages }, pipeline }: { readonly sent: SentPoison; readonly pipeline: string }) {
  return (
    <p>
      A message that is not JSON is in <code>{topic}</code>; {stages.join(' and ')} will make{' '}
      {stages.length === 1 ? 'a dead letter' : 'one dead letter each'} of it, and go on:{' '}
      <a href={pathOf({ view: 'dead-letters', pipeline })}>Dead letters</a>.
    </p>
  )
}
