// Which requests do the development services serve over HTTP? Those of the issuer, of the mail
// catcher and of the trace collector, on one port; pages for people, JSON for programs.
import { createHttpServer, HttpProblemError } from '@orderpipeline/http'
import type { FastifyRequest, HttpServer } from '@orderpipeline/http'
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import type { BoundedStore } from './bounded-store.ts'
import { isOwnHost } from './host-names.ts'
import { html, page, style } from './html.ts'
import type { Issuer } from './issuer/issuer.ts'
import { serveAsCustomer } from './issuer/as-customer.ts'
import type { GatewayAccess } from './issuer/as-customer.ts'
import { serveIssuer } from './issuer/routes.ts'
import type { CaughtMail } from './mails/mail.ts'
import { sendPage, serveMails } from './mails/routes.ts'
import type { TraceStore } from './traces/trace-store.ts'
import { serveTraces } from './traces/routes.ts'

export interface AppOptions {
  readonly logger: Logger
  readonly registry: Registry
  readonly issuer: Issuer
  /** The gateway, for requests on behalf of a customer. */
  readonly gateway: GatewayAccess
  readonly mails: BoundedStore<CaughtMail>
  readonly traces: TraceStore
}

const httpLimits = {
  bodyLimitBytes: 1_048_576,
  requestTimeoutMs: 10_000,
  connectionTimeoutMs: 60_000,
  keepAliveTimeoutMs: 30_000,
  connectionMaxAgeMs: 300_000,
}

/** Pages without scripts, and with nothing from elsewhere: what is shown came from outside. */
const headers = {
  'content-security-policy': "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
}

export function buildApp({ issuer, gateway, mails, traces, ...options }: AppOptions): HttpServer {
  // kubectl's raw requests carry no content type: without one a body is read as JSON.
  const server = createHttpServer({ ...options, ...httpLimits, anyContentType: true })
  const { app } = server
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers)
    done(refusalOf(request))
  })
  serveIssuer(app, issuer)
  serveAsCustomer(app, issuer, gateway)
  serveMails(app, mails)
  serveTraces(app, traces)
  app.get('/healthz', () => ({ status: 'up' }))
  app.get('/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(style))
  app.get('/', (_request, reply) => sendPage(reply, aboutPage()))
  return server
}

function refusalOf({ method, headers: requestHeaders }: FastifyRequest): HttpProblemError | undefined {
  const host = requestHeaders.host ?? ''
  if (!isOwnHost(host)) return foreignHost(host)
  // A browser adds it to each request: a page of another site could not read an answer, but place
  // orders.
  const site = requestHeaders['sec-fetch-site']
  const isRead = method === 'GET' || method === 'HEAD'
  return isRead || site === undefined || site === 'same-origin' || site === 'none' ? undefined : otherSite(String(site))
}

function otherSite(site: string): HttpProblemError {
  return new HttpProblemError(403, 'Forbidden', 'a page of another site may not do this', {
    problems: [{ path: 'sec-fetch-site', found: site.slice(0, 100), allowed: 'same-origin, or none' }],
  })
}

function foreignHost(host: string): HttpProblemError {
  return new HttpProblemError(421, 'Misdirected Request', 'this host is not served here', {
    problems: [
      { path: 'host', found: host.slice(0, 100), allowed: 'an address, localhost, or the name of the Service' },
    ],
  })
}

function aboutPage(): string {
  return page(
    'Development services',
    '',
    html`<p>
        What a shop needs from outside while it is developed. Nothing here is for a shop with real customers: whoever
        reaches this port gets a token for every customer.
      </p>
      <ul>
        <li>
          An issuer of tokens: <a href=".well-known/openid-configuration">its metadata</a>, <a href="jwks">its keys</a>.
          <code>npm run -s orderpipeline -- token me</code> prints a token.
        </li>
        <li>A mail catcher: <a href="mails">the mails</a> that the shop has sent. None leaves this machine.</li>
        <li>A trace collector: <a href="traces">the traces</a> of orders.</li>
      </ul>`,
  )
}
