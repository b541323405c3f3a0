// Does the shop work? Places one order at its gateway and follows it to its end. Exit code 0 when it has shipped.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

const { GATEWAY_URL: gateway, SKU: sku, QUANTITY: quantity, TIMEOUT_SECONDS: seconds, TOKEN_URL: tokenUrl } = process.env
let { TOKEN: token } = process.env
const deadline = Date.now() + Number(seconds) * 1000
const key = randomUUID() // one order, however often it is tried
const customerId = 'helm-test'
const items = [{ sku, quantity: Number(quantity) }]

/** The development issuer's, where the shop has one. */
async function issuedToken() {
  const body = JSON.stringify({ client_id: customerId })
  const response = await fetch(tokenUrl, { method: 'POST', body, signal: AbortSignal.timeout(10_000) })
  if (!response.ok) throw new Error(`${tokenUrl}: ${response.status} ${await response.text()}`)
  return (await response.json()).access_token
}

async function ask(path, init = {}) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key, ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(`${gateway}${path}`, { ...init, headers, signal: AbortSignal.timeout(10_000) })
  const body = await response.text()
  if (response.ok) return JSON.parse(body)
  const error = new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${body}`)
  error.again = response.status >= 500 || response.status === 409 || response.status === 429
  throw error
}

/** Until an answer comes that is none of an outage, or the time is over. */
async function answerOf(path, init) {
  for (;;) {
    try {
      return await ask(path, init)
    } catch (error) {
      if (error.again === false || Date.now() > deadline) throw error
      console.log(`${error.message}; trying again`)
      await sleep(1000)
    }
  }
}

try {
  if (tokenUrl) token = await issuedToken()
  // With a token the customer is the token's.
  const order = { ...(!token && { customerId }), items }
  const { orderId } = await answerOf('/v1/orders', { method: 'POST', body: JSON.stringify(order) })
  console.log(`${orderId} is accepted: ${quantity} of ${sku}`)
  for (let last = ''; ; await sleep(500)) {
    const { status, reason } = await answerOf(`/v1/orders/${orderId}`)
    if (status !== last) console.log(`${orderId} is ${status}${reason ? ` (${reason})` : ''}`)
    last = status
    if (status === 'SHIPPED') break
    if (status === 'CANCELLED') throw new Error(`${orderId} has been cancelled: ${reason}`)
    if (Date.now() > deadline) throw new Error(`${orderId} is still ${status} after ${seconds} s`)
  }
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
