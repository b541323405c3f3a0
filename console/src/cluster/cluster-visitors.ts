// Who asks a console in a cluster, and what may they? Persons with a token of the API server: each
// reads and acts with that token alone.
import type { IncomingMessage } from 'node:http'
import type { PodCluster } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { z } from 'zod'
import type { RightName } from '../model/actions.ts'
import { keyHeader } from '../server/access.ts'
import type { Actions } from '../server/actions-port.ts'
import { problem } from '../server/answer.ts'
import type { HttpAnswer } from '../server/answer.ts'
import { InvalidRequestError, checked, jsonBody } from '../server/request-bodies.ts'
import type { Addresses } from '../server/guard.ts'
import { actionsWith } from '../server/kube-actions.ts'
import { clusterAccesses, pipelineAccess } from '../server/right-accesses.ts'
import { kubeOnDemand } from '../server/source.ts'
import { noVisibleNamespace } from '../server/visitor.ts'
import type { Visitor, Visitors } from '../server/visitor.ts'
import { cookieFor, sessionIn } from './cookie.ts'
import type { Reviews } from './reviews.ts'
import { isSame } from './sessions.ts'
import type { Sessions } from './sessions.ts'

export interface ClusterVisitorsOptions {
  readonly cluster: Pick<PodCluster, 'as'>
  readonly reviews: Reviews
  readonly sessions: Sessions
  readonly addresses: Addresses
  readonly namespaces: readonly string[]
  readonly allowWrites: boolean
  /**
   * Where a proxy that signs persons in passes their token; tokens in headers count nowhere else.
   */
  readonly tokenHeader: string | undefined
  /** Each action, for the log. */
  readonly onAction: (action: { readonly by: string; readonly reason: string; readonly note: string }) => void
}

interface Credential {
  readonly token: string
  /** Absent where a proxy has passed the token. */
  readonly session?: string
}

export const sessionPath = '/api/session'
export const signOutPath = '/api/session/end'

const signIn = 'Sign in with a token of this cluster.'
const notAccepted = 'The API server does not accept this token.'
const readOnly = 'This console only reads: console.allowWrites of its chart is off.'
const signInBody = z.strictObject({ token: z.string().trim().min(1).max(16_384) })

export function clusterVisitors(options: ClusterVisitorsOptions): Visitors {
  const { reviews, sessions, allowWrites } = options
  const of = async (request: IncomingMessage): Promise<Visitor | HttpAnswer> => {
    const credential = credentialOf(request, options)
    if (credential === undefined) return problem(401, signIn)
    const name = await reviews.name(credential.token)
    if (name !== undefined) return visitorFor(credential.token, name, options)
    if (credential.session !== undefined) sessions.close(credential.session)
    return problem(401, notAccepted)
  }
  return {
    of,
    posts: (path) => path === sessionPath || path === signOutPath || (allowWrites && path.startsWith('/api/actions/')),
    session: async (request, path) => {
      if (path === sessionPath)
        return request.method === 'POST' ? await signedIn(request, options) : await present(request, options)
      return path === signOutPath && request.method === 'POST' ? signedOut(request, options) : undefined
    },
  }
}

/** A cross-site request has neither the key of a session nor, with a proxy, a header of its own. */
function credentialOf(request: IncomingMessage, options: ClusterVisitorsOptions): Credential | undefined {
  const { sessions, tokenHeader } = options
  const { headers, method, url = '' } = request
  const presentedKey = headers[keyHeader]
  const passed = tokenHeader === undefined ? undefined : headers[tokenHeader.toLowerCase()]
  if (typeof passed === 'string' && passed !== '') {
    if (method === 'POST' && (presentedKey === undefined || headers.origin === undefined)) return undefined
    return { token: passed.replace(/^Bearer +/i, '') }
  }
  const id = sessionIn(headers.cookie, originOf(request, options))
  const session = id === undefined ? undefined : sessions.find(id)
  if (id === undefined || session === undefined) return undefined
  // An EventSource sends no header of its own; what it opens can be read by this origin alone.
  const isStream = method === 'GET' && new URL(url, 'http://console').pathname === '/api/stream'
  if (!isStream && !isSame(String(presentedKey ?? ''), session.key)) return undefined
  return { token: session.token, session: id }
}

function originOf({ headers }: IncomingMessage, { addresses }: Pick<ClusterVisitorsOptions, 'addresses'>): string {
  return addresses.originOf(headers.host ?? '') ?? ''
}

async function present(request: IncomingMessage, options: ClusterVisitorsOptions): Promise<HttpAnswer> {
  const credential = credentialOf(request, options)
  const by = credential && (await options.reviews.name(credential.token))
  if (credential === undefined || by === undefined) return { status: 200, body: { signsIn: true } }
  const namespaces = await visitorFor(credential.token, by, options).seen()
  const refused = namespaces?.size === 0 ? { refused: noVisibleNamespace(options.namespaces) } : {}
  return { status: 200, body: { signsIn: true, by, signsOut: credential.session !== undefined, ...refused } }
}

async function signedIn(request: IncomingMessage, options: ClusterVisitorsOptions): Promise<HttpAnswer> {
  const { reviews, sessions } = options
  if (request.headers.origin === undefined) return problem(403, 'Origin: found none; allowed: that of this page')
  try {
    const { token } = checked(signInBody, await jsonBody(request))
    const name = await reviews.name(token)
    if (name === undefined) return problem(401, notAccepted)
    const { id, key } = sessions.open(token, name)
    const headers = { 'set-cookie': cookieFor(id, originOf(request, options)) }
    return { status: 200, body: { signsIn: true, by: name, signsOut: true, key }, headers }
  } catch (error) {
    if (error instanceof InvalidRequestError) return problem(400, error.message)
    throw error
  }
}

function signedOut(request: IncomingMessage, options: ClusterVisitorsOptions): HttpAnswer {
  const credential = credentialOf(request, options)
  if (credential?.session !== undefined) options.sessions.close(credential.session)
  return { status: 200, body: {}, headers: { 'set-cookie': cookieFor(undefined, originOf(request, options)) } }
}

function visitorFor(token: string, name: string, options: ClusterVisitorsOptions): Visitor {
  const { cluster, reviews, namespaces, allowWrites, onAction } = options
  const kube = cluster.as(token)
  const refusal = (pipeline: OrderPipeline, right: RightName) =>
    reviews.refusal(token, clusterAccesses(pipeline, right))
  const inTheirName = actionsWith(kube, { person: () => Promise.resolve(name), refusal })
  const actions: Actions = {
    ...inTheirName,
    record: (pipeline, event) => {
      onAction({ by: name, ...event })
      return inTheirName.record(pipeline, event)
    },
  }
  return {
    ...{ actions, isReviewed: true },
    ...(allowWrites ? {} : { actRefusal: readOnly }),
    onDemand: (namespace) => kubeOnDemand(kube, namespace),
    seen: async () => {
      const lists = namespaces.map(async (namespace) => {
        const refused = await reviews.refusal(token, [pipelineAccess('list', { namespace })])
        return refused === undefined ? [namespace] : []
      })
      return new Set((await Promise.all(lists)).flat())
    },
    pipelineRefusal: async (namespace, pipeline) =>
      namespaces.includes(namespace)
        ? reviews.refusal(token, [pipelineAccess('get', { namespace, name: pipeline })])
        : `This console shows ${namespaces.join(', ')}, and not namespace ${namespace.slice(0, 63)}.`,
    readRefusal: refusal,
  }
}
