// Which pipelines are there? One is shown at once; of several each is a line.
import { useEffect } from 'preact/hooks'
import { keyOf } from '../../model/state.ts'
import type { ConsoleState } from '../../model/state.ts'
import { bottleneckOf } from '../../model/verdict.ts'
import { go } from '../navigation.ts'
import { pathOf } from '../route.ts'
import { countText, dash, orDash, rateText } from '../words.ts'

export function HomeView({ state }: { readonly state: ConsoleState }) {
  const [only, ...others] = state.pipelines
  const alone = only && others.length === 0 ? keyOf(only) : undefined
  useEffect(() => {
    if (alone !== undefined) go(pathOf({ view: 'pipeline', pipeline: alone }))
  }, [alone])
  if (!only)
    return (
      <div class="empty">
        <h1>No pipeline here yet</h1>
        <p>
          Namespace <code>{state.namespace}</code> has no OrderPipeline. Apply one, and it shows up here by itself:
        </p>
        <p>
          <code>kubectl apply -n {state.namespace} -f examples/shop.yaml</code>
        </p>
      </div>
    )
  return (
    <>
      <h1>Pipelines</h1>
      <ul class="pipelines">
        {state.pipelines.map((pipeline) => {
          const bottleneck = bottleneckOf(pipeline)
          return (
            <li key={keyOf(pipeline)}>
              <a href={pathOf({ view: 'pipeline', pipeline: keyOf(pipeline) })}>
                <strong>{state.namespace.includes(',') ? keyOf(pipeline) : pipeline.name}</strong>
                <span>{pipeline.ready === 'True' ? 'Ready' : 'not Ready'}</span>
                <span>{`${orDash(rateText(pipeline.ordersPerSecond))} orders/s`}</span>
                <span>{`lag ${pipeline.lag === undefined ? dash : countText(pipeline.lag)}`}</span>
                {bottleneck?.by === 'backlog' && <span>{`${bottleneck.part} is behind`}</span>}
              </a>
            </li>
          )
        })}
      </ul>
    </>
  )
}

export function UnknownView({ pipeline, state }: { readonly pipeline?: string; readonly state?: ConsoleState }) {
  return (
    <div class="empty">
      <h1>{pipeline === undefined ? 'There is no such page' : `There is no pipeline ${pipeline} here`}</h1>
      {state && (
        <p>
          This console shows namespace <code>{state.namespace}</code> of {state.cluster}.
        </p>
      )}
      <p>
        <a href="/">All pipelines of this console</a>
      </p>
    </div>
  )
}
