// What must come of a request, by the document alone? A wrong one is refused with the name of what
// is wrong; a right one is not refused as wrong.
import type { Case } from './cases.ts'
import type { ReceivedAnswer, Contract, MatchedOperation } from './contract.ts'
import type { Schema } from './values.ts'

type Verdict = 'right' | 'wrong' | 'unknown'

/**
 * What is amiss; nothing where all is well. `authenticated`: the request has a token that is
 * accepted, or needs none.
 */
export function contractViolations(contract: Contract, one: Case, answer: ReceivedAnswer): readonly string[] {
  const [path = '', search = ''] = one.target.split('?')
  const match = contract.operationOf(one.method, path)
  const wrong = [...contract.broken(one.method, match, answer), ...refusal(one, answer)]
  const isUnauthorized = answer.status === 401
  if (answer.status >= 500 && answer.status !== 501) wrong.push(`answered ${answer.status}: ${answer.body}`)
  if (!match || isUnauthorized) return wrong
  const verdict = verdictOf(contract, one, match, search)
  if (verdict === 'wrong' && answer.status < 400 && !isBatchWithRefusal(answer))
    wrong.push(`the document does not allow it, and it was answered ${answer.status}`)
  if (verdict === 'right' && [400, 405, 413, 414, 415].includes(answer.status))
    wrong.push(`the document allows it, and it was answered ${answer.status}: ${answer.body}`)
  return wrong
}

/** Statuses whose answer names no field, since none is wrong. */
const withoutField = new Set([408, 429])

function refusal({ method }: Case, { status, headers, body }: ReceivedAnswer): string[] {
  if (status < 400 || status === 503 || withoutField.has(status) || method === 'HEAD') return []
  if (!headers['content-type']?.startsWith('application/problem+json')) return [`${status} is no problem: ${body}`]
  const { problems = [] } = JSON.parse(body) as { readonly problems?: readonly { readonly path: string }[] }
  return problems.length > 0 && problems.every((each) => each.path !== '') ? [] : [`${status} names no field: ${body}`]
}

/** An order that is wrong does not take the others of its batch with it. */
function isBatchWithRefusal({ status, body }: ReceivedAnswer): boolean {
  if (status !== 207) return false
  const { results } = JSON.parse(body) as { readonly results: readonly { readonly status: number }[] }
  return results.some((each) => each.status >= 400)
}

function verdictOf(contract: Contract, one: Case, { operation, params }: MatchedOperation, search: string): Verdict {
  const { parameters = [], requestBody } = operation
  const query = new URLSearchParams(search)
  const verdicts: Verdict[] = parameters.map(({ name, in: place, required, schema }) => {
    const values =
      place === 'path'
        ? [decode(params[name] ?? '')]
        : place === 'query'
          ? query.getAll(name)
          : one.headers.filter(([header]) => header === name).map(([, value]) => value)
    const [value] = values
    if (value === undefined) return required ? 'wrong' : 'right'
    // Headers that come twice, or end in blanks, reach the gateway as another text.
    if (place === 'header' && (values.length > 1 || value.trim() !== value)) return 'unknown'
    const typedValue = (schema as Schema).type === 'integer' && /^\d{1,15}$/.test(value) ? Number(value) : value
    return values.length === 1 && contract.allows(schema, typedValue) ? 'right' : 'wrong'
  })
  const listedNames = new Set(parameters.filter((each) => each.in === 'query').map(({ name }) => name))
  if ([...query.keys()].some((name) => !listedNames.has(name))) verdicts.push('unknown')
  if (requestBody) verdicts.push(bodyVerdict(contract, one, requestBody.content['application/json']?.schema ?? {}))
  else if (one.body !== undefined) verdicts.push('unknown')
  if (one.headers.some(([name]) => name === 'content-encoding' || name === 'host')) verdicts.push('unknown')
  if (verdicts.includes('wrong')) return 'wrong'
  return verdicts.includes('unknown') ? 'unknown' : 'right'
}

function bodyVerdict(contract: Contract, { body, rawBody, headers }: Case, schema: object): Verdict {
  const types = headers.filter(([name]) => name === 'content-type').map(([, value]) => value)
  if (body === undefined) return 'wrong'
  if (rawBody || types.length !== 1) return 'unknown'
  if (types[0] !== 'application/json') return 'unknown'
  const value: unknown = JSON.parse(body)
  if (!contract.allows(schema, value)) return 'wrong'
  // That each SKU comes once is beyond JSON Schema.
  const skus = (value as { readonly items?: readonly { readonly sku: string }[] }).items?.map(({ sku }) => sku) ?? []
  if (new Set(skus).size < skus.length) return 'wrong'
  return Buffer.byteLength(body) > 60_000 ? 'unknown' : 'right'
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return `${text} cannot be decoded`
  }
}
