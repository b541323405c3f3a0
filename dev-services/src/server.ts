// What do running development services consist of? Their HTTP side, their SMTP side, and metrics.
import type { AddressInfo } from 'node:net'
import type { Closer, Logger } from '@orderpipeline/process'
import { createRegistry, Gauge, startMetricsServer } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { buildApp } from './app.ts'
import { BoundedStore } from './bounded-store.ts'
import type { DevServicesConfig } from './config.ts'
import { createIssuer } from './issuer/issuer.ts'
import { signingKey } from './issuer/key.ts'
import type { CaughtMail } from './mails/mail.ts'
import { startSmtp } from './mails/smtp.ts'
import { TraceStore } from './traces/trace-store.ts'

export interface DevServices {
  readonly url: string
  readonly smtpUrl: string
  readonly metricsUrl: string
  /** In the order in which they must be closed. */
  readonly closers: readonly Closer[]
}

/** @throws ConfigError where the issuer has no usable key */
export async function startDevServices(config: DevServicesConfig, logger: Logger): Promise<DevServices> {
  const now = (): Date => new Date()
  const registry = createRegistry()
  const mails = new BoundedStore<CaughtMail>({ count: config.MAILS_AT_MOST, bytes: config.MAILS_BYTES_AT_MOST })
  const traces = new TraceStore({ count: config.TRACES_AT_MOST, bytes: config.TRACES_BYTES_AT_MOST })
  const issuer = createIssuer({
    url: config.ISSUER_URL,
    audience: config.ISSUER_AUDIENCE,
    tokenSeconds: config.ISSUER_TOKEN_SECONDS,
    key: await signingKey(config.ISSUER_KEY, config.ISSUER_KEY_FILE),
    now,
  })
  countKept(registry, mails, traces)
  const host = config.LISTEN_ADDRESS
  const gateway = { url: config.GATEWAY_URL, staffScope: config.STAFF_SCOPE }
  const http = buildApp({ logger, registry, issuer, gateway, mails, traces })
  const smtp = await startSmtp({ port: config.SMTP_PORT, host, mails, now, logger })
  const metrics = await startMetricsServer({
    ...{ port: config.METRICS_PORT, host, registry },
    ready: () => Promise.resolve(true),
  })
  await http.app.listen({ port: config.HTTP_PORT, host })
  const { port } = http.app.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    smtpUrl: `smtp://127.0.0.1:${smtp.port}`,
    metricsUrl: `http://127.0.0.1:${metrics.port}`,
    closers: [
      { name: 'http', close: () => http.app.close() },
      { name: 'smtp', close: () => smtp.close() },
      { name: 'metrics', close: () => metrics.close() },
    ],
  }
}

function countKept(registry: Registry, mails: BoundedStore<CaughtMail>, traces: TraceStore): void {
  const registers = [registry]
  new Gauge({
    ...{ name: 'dev_services_mails', help: 'Mails that are kept.', registers },
    collect() {
      this.set(mails.count)
    },
  })
  new Gauge({
    ...{ name: 'dev_services_traces', help: 'Traces that are kept.', registers },
    collect() {
      this.set(traces.count)
    },
  })
}
