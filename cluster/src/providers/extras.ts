// Which parts of a local cluster does a shop do without, and what does each cost on a machine of
// two cores? `npm run up -- --without <name>` leaves one out. Pure.

export const extraNames = ['dev-services', 'replica', 'prometheus'] as const
export type Extra = (typeof extraNames)[number]

export interface UpOptions {
  readonly without: readonly Extra[]
}

/** What `up` says of each. */
export const extraTexts: Readonly<Record<Extra, string>> = {
  'dev-services': 'an issuer of tokens, a mail catcher and a trace collector; without it the gateway is open',
  replica: 'a read replica of PostgreSQL, on native; it writes everything a second time',
  prometheus: 'Prometheus with the alerts; it scrapes every pod every 15 s',
}

/** Values of order-shop that turn the shop of values-local.yaml into an open one. */
export const withoutDevServices = {
  devServices: { enabled: false },
  authentication: { mode: 'none', algorithms: [], issuer: '', audience: '', jwksUrl: '', staffScope: '' },
} as const
