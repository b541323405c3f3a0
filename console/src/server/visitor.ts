// On whose behalf does the server read and act? On this machine for the one who runs it; in a
// cluster for each person with their own rights.
import type { IncomingMessage } from 'node:http'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { ReadRight } from '../model/actions.ts'
import { hasKey } from './access.ts'
import type { Actions } from './actions-port.ts'
import type { HttpAnswer } from './answer.ts'
import type { OnDemand } from './source.ts'

export type { OnDemand } from './source.ts'

export interface Visitor {
  /** What is read for them alone, when they ask for it. */
  onDemand(namespace: string): OnDemand
  /** What is done in their name; absent where the console only reads. */
  readonly actions?: Actions
  /** Why they may not act, whatever their rights are. */
  readonly actRefusal?: string
  /** Whether their rights are asked for each thing that they see. */
  readonly isReviewed: boolean
  /** The namespaces whose pipelines they may list; undefined means all that are shown. */
  seen(): Promise<ReadonlySet<string> | undefined>
  /** Why they may not see a pipeline, whether it exists or not. */
  pipelineRefusal(namespace: string, name: string): Promise<string | undefined>
  readRefusal(pipeline: OrderPipeline, right: ReadRight): Promise<string | undefined>
}

export interface Visitors {
  /** A refusal where it is not known who asks. */
  of(request: IncomingMessage): Promise<Visitor | HttpAnswer>
  /** Who they are; their signing in and out. undefined where the request is of something else. */
  session(request: IncomingMessage, path: string): Promise<HttpAnswer | undefined>
  /** Whether it may be posted to this path. */
  posts(path: string): boolean
}

export function noVisibleNamespace(namespaces: readonly string[]): string {
  return `Your user may not list orderpipelines in any namespace that this console shows: ${namespaces.join(', ')}.`
}

const withoutKey =
  'The key of this console is needed: open the address that it printed in the terminal when it started.'
const noPayloads = 'Only a console that acts shows messages; `orderpipeline dlq show` does.'

/** Everybody on this machine reads; who has the key acts. */
export function machineVisitors(source: OnDemand, actions: Actions | undefined, key: string): Visitors {
  const reader: Visitor = {
    onDemand: () => source,
    isReviewed: false,
    seen: () => Promise.resolve(undefined),
    pipelineRefusal: () => Promise.resolve(undefined),
    readRefusal: (_pipeline, right) => Promise.resolve(right === 'payloads' ? noPayloads : undefined),
  }
  const withKey: Visitor | undefined = actions && {
    ...reader,
    actions,
    readRefusal: (pipeline, right) => actions.refusal(pipeline, right),
  }
  const others: Visitor | undefined = actions && {
    ...reader,
    actions,
    actRefusal: withoutKey,
    readRefusal: (_pipeline, right) => Promise.resolve(right === 'payloads' ? withoutKey : undefined),
  }
  return {
    of: ({ headers }) => Promise.resolve((hasKey(headers, key) ? withKey : others) ?? reader),
    session: (_request, path) =>
      Promise.resolve(path === '/api/session' ? { status: 200, body: { signsIn: false } } : undefined),
    posts: (path) => actions !== undefined && path.startsWith('/api/actions/'),
  }
}
