// How is the gateway loaded with k6? As an open model: orders come at a rate, constant or changing,
// however long the answers take. Each has an idempotency key, some are posted twice under it, and
// some are followed to their end. docs/guides/load.md says how to run it; k6 reads the shapes and
// traces of the traffic generator directly, from version 1 on.
import { check, sleep } from 'k6'
import { hmac } from 'k6/crypto'
import { SharedArray } from 'k6/data'
import encoding from 'k6/encoding'
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Rate, Trend } from 'k6/metrics'
import { shape, shapeByName } from '../src/trace/shapes.ts'
import { coarser, endOf, lasting, ordersIn, peaking } from '../src/trace/trace.ts'
import { traceIn } from '../src/trace/trace-text.ts'
import { parsedDuration, parsedRate, parsedSkew } from '../src/units.ts'
import { zipf } from '../src/zipf.ts'

function whole(name, otherwise, least = 1) {
  const value = Number(__ENV[name] ?? otherwise)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`${name}: found ${JSON.stringify(__ENV[name])}; allowed: a whole number from ${least}`)
}
const gateway = (__ENV.GATEWAY_URL ?? 'http://127.0.0.1:30080').replace(/\/$/, '')
const customers = whole('CUSTOMERS', 50_000)
const customerRank = zipf(customers, parsedSkew(__ENV.CUSTOMER_SKEW ?? '0.2', 'CUSTOMER_SKEW'))
const skus = whole('SKUS', 200)
const skuRank = zipf(skus, parsedSkew(__ENV.SKU_SKEW ?? '0.5', 'SKU_SKEW'))
/** One of this many orders is followed to its end; 0 follows none. */
const followEvery = whole('FOLLOW_EVERY', 20, 0)
const followSeconds = whole('FOLLOW_SECONDS', 60)
/** One of this many orders is posted a second time under its key. */
const repeatEvery = whole('REPEAT_EVERY', 50)

// Tokens and secrets do not appear on the command line: each is read from a file.
const tokens = new SharedArray('tokens', () => {
  const lines = __ENV.TOKENS_FILE === undefined ? [] : open(__ENV.TOKENS_FILE).split('\n')
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => ({ token: line.trim(), customerId: claims(line).sub }))
})
const secret = __ENV.TOKEN_SECRET_FILE === undefined ? undefined : open(__ENV.TOKEN_SECRET_FILE).replace(/\r?\n$/, '')

// Computed once, not by every virtual user.
const stages = new SharedArray('stages', () => {
  const trace = load()
  return coarser(trace, Math.min(1_000, endOf(trace) / 100)).flatMap(({ fromMs, toMs, orders }) => {
    const target = Math.round((orders * 60_000) / (toMs - fromMs))
    return [
      { target, duration: '0s' }, // at once
      { target, duration: `${Math.round(toMs - fromMs)}ms` },
    ]
  })
})
const busiest = Math.ceil(stages.reduce((most, { target }) => Math.max(most, target), 0) / 60)

const ended = new Rate('orders_ended')
const timeToEnd = new Trend('orders_time_to_end', true)
const lost = new Counter('orders_lost')
const doubled = new Counter('orders_doubled')

export const options = {
  scenarios: {
    orders: {
      executor: 'ramping-arrival-rate',
      startRate: stages[0].target,
      timeUnit: '1m',
      stages: [...stages],
      gracefulStop: `${followSeconds}s`,
      preAllocatedVUs: Math.max(10, busiest),
      maxVUs: Math.max(200, busiest * 10), // a virtual user that follows an order is busy with it
    },
  },
  thresholds: {
    'http_req_failed{name:place}': ['rate<0.01'],
    'http_req_duration{name:place}': ['p(95)<1000', 'p(99)<2500'],
    checks: ['rate>0.99'],
    orders_lost: ['count==0'],
    orders_doubled: ['count==0'],
    ...(followEvery > 0 ? { orders_ended: ['rate>0.99'] } : {}),
    dropped_iterations: ['count==0'],
  },
}

/** Keys are unique to a run. */
export function setup() {
  return { run: `k6-${Date.now()}-${Math.floor(Math.random() * 1e9)}` }
}

export default function ({ run }) {
  const n = exec.scenario.iterationInTest
  const known = tokens.length === 0 ? undefined : tokens[n % tokens.length]
  const customerId = known?.customerId ?? `customer-${String(1 + customerRank(Math.random)).padStart(6, '0')}`
  const params = {
    headers: {
      'content-type': 'application/json',
      'idempotency-key': `${run}-${n}`,
      ...authorization(known?.token, customerId),
    },
    tags: { name: 'place' },
    timeout: '30s',
  }
  const body = JSON.stringify({ customerId, currency: 'EUR', items: items() })
  const placed = http.post(`${gateway}/v1/orders`, body, params)
  if (!check(placed, { 'accepted with 202': ({ status }) => status === 202 })) return
  const orderId = placed.json('orderId')

  if (n % repeatEvery === 0) {
    const again = http.post(`${gateway}/v1/orders`, body, { ...params, tags: { name: 'repeat' } })
    if (again.status === 202 && again.json('orderId') !== orderId) doubled.add(1)
    check(again, { 'a repeated order is the same': ({ headers }) => headers['Idempotency-Replayed'] === 'true' })
  }
  if (followEvery > 0 && n % followEvery === 0) follow(orderId, params.headers)
}

function follow(orderId, headers) {
  const until = Date.now() + followSeconds * 1_000
  let unknown = 0
  while (Date.now() < until) {
    sleep(0.5 + Math.random() * 0.5)
    const shown = http.get(`${gateway}/v1/orders/${orderId}`, { headers, tags: { name: 'follow' }, timeout: '10s' })
    if (shown.status === 404) {
      unknown++
      if (unknown > 1) return void lost.add(1)
    }
    if (shown.status !== 200) continue
    const { status, placedAt, updatedAt } = shown.json()
    if (status !== 'SHIPPED' && status !== 'CANCELLED') continue
    timeToEnd.add(Date.parse(updatedAt) - Date.parse(placedAt))
    return void ended.add(true)
  }
  ended.add(false)
}

function authorization(token, customerId) {
  if (token !== undefined) return { authorization: `Bearer ${token}` }
  return secret === undefined ? {} : { authorization: `Bearer ${signed(customerId)}` }
}

function signed(sub) {
  const part = (value) => encoding.b64encode(JSON.stringify(value), 'rawurl')
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  const content = `${part({ alg: 'HS256' })}.${part({ iss: __ENV.TOKEN_ISSUER, aud: __ENV.TOKEN_AUDIENCE, sub, exp })}`
  return `${content}.${hmac('sha256', secret, content, 'base64rawurl')}`
}

function claims(token) {
  return JSON.parse(encoding.b64decode(token.trim().split('.')[1], 'rawurl', 's'))
}

/** A shape by its name, or a trace; RATE and DURATION change both. */
function load() {
  const { RATE, DURATION, SHAPE, TRACE } = __ENV
  if (TRACE === undefined)
    return shape(
      shapeByName(SHAPE ?? 'steady', 'SHAPE'),
      parsedRate(RATE ?? '50', 'RATE'),
      parsedDuration(DURATION ?? '1m', 'DURATION'),
    )
  if (SHAPE !== undefined) throw new Error('TRACE: found together with SHAPE; allowed: one of them')
  const trace = traceIn(open(TRACE))
  if (ordersIn(trace) === 0) throw new Error(`TRACE: found no order in ${TRACE}; allowed: one or more`)
  const inTime = DURATION === undefined ? trace : lasting(trace, parsedDuration(DURATION, 'DURATION'))
  return RATE === undefined ? inTime : peaking(inTime, parsedRate(RATE, 'RATE'))
}

function items() {
  const chosen = new Set()
  const wanted = Math.min(1 + Math.floor(Math.random() * 3), skus)
  while (chosen.size < wanted) chosen.add(`SKU-${String(1 + skuRank(Math.random)).padStart(4, '0')}`)
  return [...chosen].map((sku) => ({ sku, quantity: 1 + Math.floor(Math.random() * 3) }))
}
