// What is on every view? The pipeline that is looked at, the way to the other views, and how fresh
// the figures are.
import { useEffect, useRef } from 'preact/hooks'
import { keyOf } from '../model/state.ts'
import type { ConsoleState, PipelineState } from '../model/state.ts'
import { Freshness } from './freshness.tsx'
import type { Rights, Session } from '../model/actions.ts'
import { useRights } from './actions.ts'
import { useLive } from './live.ts'
import { go, useRoute } from './navigation.ts'
import { pathOf } from './route.ts'
import type { Route } from './route.ts'
import { signOut, useSession } from './session.ts'
import { DeadLettersView } from './views/dead-letters-view.tsx'
import { HomeView, UnknownView } from './views/home-view.tsx'
import { OrdersView } from './views/orders-view.tsx'
import { PipelineView } from './views/pipeline-view.tsx'
import { ScalingView } from './views/scaling-view.tsx'
import { SignInView } from './views/sign-in-view.tsx'
import { StockView } from './views/stock-view.tsx'
import { TryView } from './views/try-view.tsx'
import { WhatIfView } from './views/what-if-view.tsx'

const titles = {
  pipeline: 'Pipeline',
  scaling: 'Scaling',
  orders: 'Orders',
  stock: 'Stock',
  'dead-letters': 'Dead letters',
  'what-if': 'What if',
  try: 'Try it',
} as const
type View = keyof typeof titles

/** Sets the title of the page, and moves the focus to a view that a link has opened. */
function useViewFocus(route: Route, pipelineName: string | undefined) {
  const heading = useRef<HTMLElement>(null)
  const view = route.view
  useEffect(() => {
    const name = view in titles ? titles[view as View] : 'Pipelines'
    document.title = `${pipelineName === undefined ? '' : `${pipelineName} · `}${name} · OrderPipeline`
  }, [view, pipelineName])
  const first = useRef(true)
  useEffect(() => {
    // After a link was followed by keyboard or screen reader, the focus goes to the view: the link
    // no longer exists.
    if (!first.current) heading.current?.focus()
    first.current = false
  }, [view, 'pipeline' in route ? route.pipeline : ''])
  return heading
}

export function App() {
  const route = useRoute()
  const { session, refresh } = useSession()
  const isSignedOut = session?.signsIn === true && session.by === undefined
  const { state, connected } = useLive(session && !isSignedOut ? (session.by ?? '') : undefined, refresh)
  const pipeline = 'pipeline' in route ? state?.pipelines.find((one) => keyOf(one) === route.pipeline) : undefined
  const writes = state?.writes ?? false
  const rights = useRights(
    pipeline ? keyOf(pipeline) : '',
    pipeline !== undefined && (writes || session?.signsIn === true),
  )
  const heading = useViewFocus(route, pipeline?.name)
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
          {'pipeline' in route && <Views route={route} hidden={hiddenViews(state)} />}
          <Freshness state={state} connected={connected} />
        </div>
      </header>
      <main id="main" ref={heading} tabIndex={-1}>
        {isSignedOut ? (
          <SignInView onSignedIn={refresh} />
        ) : session?.refused !== undefined ? (
          <p class="banner">{session.refused}</p>
        ) : (
          <>
            <Trouble state={state} connected={connected} />
            <Content {...{ route, state, pipeline, connected, rights }} />
          </>
        )}
      </main>
      <footer>
        <span>
          {footerText(session, writes, rights)}
          {session?.signsOut && (
            <button type="button" class="quiet" onClick={() => void signOut().then(refresh)}>
              Sign out
            </button>
          )}
        </span>
        <DevServices url={state?.devServicesUrl} />
        {state && <span>{`${state.cluster}, namespace ${state.namespace}`}</span>}
      </footer>
    </>
  )
}

/** The mails that a shop on this machine has sent, and the traces of its orders. */
function DevServices({ url }: { readonly url: string | undefined }) {
  if (url === undefined) return null
  return (
    <span>
      <a href={`${url}/mails`}>Mails</a> · <a href={`${url}/traces`}>Traces</a>
    </span>
  )
}

interface ContentProps {
  readonly route: Route
  readonly state: ConsoleState | undefined
  readonly pipeline: PipelineState | undefined
  readonly connected: boolean
  readonly rights: Rights | undefined
}

function footerText(session: Session | undefined, writes: boolean, rights: Rights | undefined): string {
  if (session?.signsIn) {
    if (session.by === undefined) return 'This console shows what you may see.'
    return `Signed in as ${session.by}. ${writes ? 'Actions are recorded under this name.' : 'This console only reads.'} `
  }
  if (!writes) return 'Read-only: this console changes nothing.'
  if (rights?.by !== undefined) return `Actions are recorded as of ${rights.by}.`
  return 'Actions need the address with a key that the console printed in its terminal.'
}

function Content({ route, state, pipeline, connected, rights }: ContentProps) {
  if (!state) return <p class="empty">Connecting …</p>
  if (route.view === 'home') return <HomeView state={state} />
  if (route.view === 'unknown') return <UnknownView />
  if (!pipeline) return <UnknownView pipeline={route.pipeline} state={state} />
  switch (route.view) {
    case 'pipeline':
      return <PipelineView pipeline={pipeline} rights={rights} />
    case 'scaling':
      return (
        <ScalingView {...{ pipeline, route, connected }} now={state.at} hasPrometheus={state.hasPrometheus ?? false} />
      )
    case 'orders':
      return <OrdersView {...{ pipeline, rights }} id={route.id} customer={route.customer} traceUrl={state.traceUrl} />
    case 'stock':
      return <StockView key={route.sku} pipeline={pipeline} sku={route.sku} />
    case 'dead-letters':
      return (
        <DeadLettersView
          {...{ pipeline, rights }}
          command={state.command}
          writes={state.writes}
          filter={route.filter ?? {}}
        />
      )
    case 'what-if':
      return <WhatIfView pipeline={pipeline} question={route.question} />
    case 'try':
      return <TryView pipeline={pipeline} rights={rights} />
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
          {state.namespace.includes(',') ? key : key.split('/')[1]}
        </option>
      ))}
    </select>
  )
}

function hiddenViews(state: ConsoleState | undefined): readonly string[] {
  return state?.tries ? [] : ['try']
}

function Views({ route, hidden }: { readonly route: PipelineRoute; readonly hidden: readonly string[] }) {
  const { pipeline } = route
  const paths: Readonly<Record<View, string>> = {
    pipeline: pathOf({ view: 'pipeline', pipeline }),
    scaling: pathOf({ view: 'scaling', pipeline, minutes: route.view === 'scaling' ? route.minutes : 30 }),
    orders: pathOf({ view: 'orders', pipeline }),
    stock: pathOf({ view: 'stock', pipeline }),
    'dead-letters': pathOf({ view: 'dead-letters', pipeline }),
    'what-if': pathOf({ view: 'what-if', pipeline }),
    try: pathOf({ view: 'try', pipeline }),
  }
  return (
    <nav aria-label="Views">
      {Object.entries(titles)
        .filter(([view]) => !hidden.includes(view))
        .map(([view, title]) => (
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
