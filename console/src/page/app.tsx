// What is on every view? The pipeline that is looked at, the way to the other views, and how fresh
// the figures are.
import { useEffect, useRef } from 'preact/hooks'
import { keyOf, type ConsoleState, type PipelineState } from '../model/state.ts'
import { Freshness } from './freshness.tsx'
import { useLive } from './live.ts'
import { go, useRoute } from './navigation.ts'
import { pathOf, type Route } from './route.ts'
import { DeadLettersView } from './views/dead-letters-view.tsx'
import { HomeView, UnknownView } from './views/home-view.tsx'
import { OrdersView } from './views/orders-view.tsx'
import { PipelineView } from './views/pipeline-view.tsx'
import { ScalingView } from './views/scaling-view.tsx'

const titles = { pipeline: 'Pipeline', scaling: 'Scaling', orders: 'Orders', 'dead-letters': 'Dead letters' } as const
type View = keyof typeof titles

export function App() {
  const route = useRoute()
  const { state, connected } = useLive()
  const pipeline = 'pipeline' in route ? state?.pipelines.find((one) => keyOf(one) === route.pipeline) : undefined
  const heading = useRef<HTMLElement>(null)
  const view = route.view
  useEffect(() => {
    const name = view in titles ? titles[view as View] : 'Pipelines'
    document.title = `${pipeline ? `${pipeline.name} · ` : ''}${name} · OrderPipeline`
  }, [view, pipeline?.name])
  const first = useRef(true)
  useEffect(() => {
    // Whoever follows a link by keyboard or screen reader goes on from the view, not from the link
    // that is no more.
    if (!first.current) heading.current?.focus()
    first.current = false
  }, [view, 'pipeline' in route ? route.pipeline : ''])
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header>
        <div class="bar">
          <a class="brand" href="/">
            <img src="/assets/icon.svg" alt="" width={26} height={26} />
            <span>OrderPipeline</span>
          </a>
          {state && state.pipelines.length > 0 && 'pipeline' in route && <Picker state={state} route={route} />}
          {'pipeline' in route && <Views route={route} />}
          <Freshness state={state} connected={connected} />
        </div>
      </header>
      <main id="main" ref={heading} tabIndex={-1}>
        <Trouble state={state} connected={connected} />
        <Content {...{ route, state, pipeline, connected }} />
      </main>
      <footer>
        <span>Read-only: this console changes nothing.</span>
        {state && <span>{`${state.cluster}, namespace ${state.namespace}`}</span>}
      </footer>
    </>
  )
}

interface ContentProps {
  readonly route: Route
  readonly state: ConsoleState | undefined
  readonly pipeline: PipelineState | undefined
  readonly connected: boolean
}

function Content({ route, state, pipeline, connected }: ContentProps) {
  if (!state) return <p class="empty">Connecting …</p>
  if (route.view === 'home') return <HomeView state={state} />
  if (route.view === 'unknown') return <UnknownView />
  if (!pipeline) return <UnknownView pipeline={route.pipeline} state={state} />
  switch (route.view) {
    case 'pipeline':
      return <PipelineView pipeline={pipeline} />
    case 'scaling':
      return <ScalingView pipeline={pipeline} route={route} now={state.at} connected={connected} />
    case 'orders':
      return <OrdersView pipeline={pipeline} id={route.id} />
    case 'dead-letters':
      return <DeadLettersView pipeline={pipeline} command={state.command} />
  }
}

type PipelineRoute = Extract<Route, { readonly pipeline: string }>

function Picker({ state, route }: { readonly state: ConsoleState; readonly route: PipelineRoute }) {
  const keys = state.pipelines.map(keyOf)
  if (keys.length === 1 && keys[0] === route.pipeline) return <span class="picked">{route.pipeline.split('/')[1]}</span>
  const options = keys.includes(route.pipeline) ? keys : [route.pipeline, ...keys]
  const pick = (pipeline: string): void => {
    const { view } = route
    go(pathOf(view === 'scaling' ? { view, pipeline, minutes: route.minutes } : { view, pipeline }))
  }
  return (
    <select aria-label="Pipeline" value={route.pipeline} onChange={(event) => pick(event.currentTarget.value)}>
      {options.map((key) => (
        <option key={key} value={key}>
          {key.split('/')[1]}
        </option>
      ))}
    </select>
  )
}

function Views({ route }: { readonly route: PipelineRoute }) {
  const { pipeline } = route
  const paths: Readonly<Record<View, string>> = {
    pipeline: pathOf({ view: 'pipeline', pipeline }),
    scaling: pathOf({ view: 'scaling', pipeline, minutes: route.view === 'scaling' ? route.minutes : 30 }),
    orders: pathOf({ view: 'orders', pipeline }),
    'dead-letters': pathOf({ view: 'dead-letters', pipeline }),
  }
  return (
    <nav aria-label="Views">
      {Object.entries(titles).map(([view, title]) => (
        <a key={view} href={paths[view as View]} aria-current={route.view === view ? 'page' : undefined}>
          {title}
        </a>
      ))}
    </nav>
  )
}

function Trouble({ state, connected }: { readonly state: ConsoleState | undefined; readonly connected: boolean }) {
  if (!state) return null
  const text = connected ? state.trouble : 'The console does not answer; it is asked again until it does.'
  return (
    <div role="alert">
      {text !== undefined && (
        <p class="banner">
          <strong>These figures are old.</strong> {text}
        </p>
      )}
    </div>
  )
}
