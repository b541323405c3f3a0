// Are answers of the API server shared for seconds only, and is a flood of wrong tokens kept away
// from it? Its answers are put behind our own port.
import { CommandError, KubeRefusedError } from '@orderpipeline/client'
import type { ApiServer } from '@orderpipeline/client'
import { expect, it } from 'vitest'
import { createReviews, keptMs } from './reviews.ts'

const access = { namespace: 'shops', verb: 'get', group: 'orderpipeline.dev', resource: 'orderpipelines' }

function recordedServer(answer: (path: string) => object | Error) {
  const requests: string[] = []
  let now = 0
  const send: ApiServer['send'] = <Body>(_method: string, path: string) => {
    requests.push(path.split('/').at(-1) ?? '')
    const body = answer(path)
    return body instanceof Error ? Promise.reject(body) : Promise.resolve(body as Body)
  }
  const reviews = createReviews({ as: () => ({ send }), now: () => now })
  return { requests, reviews, pass: (ms: number) => (now += ms) }
}
const vera = { status: { userInfo: { username: 'vera' }, allowed: true } }

it('asks the API server once for all who ask within ten seconds, and again after them', async () => {
  const { requests, reviews, pass } = recordedServer(() => vera)
  const names = await Promise.all(Array.from({ length: 50 }, () => reviews.name('token')))
  expect(new Set(names)).toEqual(new Set(['vera']))
  await Promise.all(Array.from({ length: 50 }, () => reviews.refusal('token', [access])))
  expect(requests).toEqual(['selfsubjectreviews', 'selfsubjectaccessreviews'])
  pass(keptMs)
  await reviews.name('token')
  expect(requests).toHaveLength(3)
})

it('shares no answer between tokens, nor between rights', async () => {
  const { requests, reviews } = recordedServer(() => vera)
  await reviews.refusal('one', [access])
  await reviews.refusal('another', [access])
  await reviews.refusal('one', [{ ...access, verb: 'list' }])
  expect(requests).toHaveLength(3)
})

it('accepts no token that is refused, malformed or of the anonymous user', async () => {
  const refusing = recordedServer(() => new KubeRefusedError(401, 'Unauthorized'))
  expect(await refusing.reviews.name('token')).toBeUndefined()
  for (const text of ['', 'a b', 'ä', 'a\nb', 'x'.repeat(20_000)])
    expect(await refusing.reviews.name(text), text.slice(0, 9)).toBeUndefined()
  expect(refusing.requests).toHaveLength(1)
  const anonymous = recordedServer(() => ({ status: { userInfo: { username: 'system:anonymous' } } }))
  expect(await anonymous.reviews.name('token')).toBeUndefined()
})

it('keeps no answer where the API server gave none', async () => {
  let isAway = true
  const { reviews } = recordedServer(() => (isAway ? new CommandError('away') : vera))
  await expect(reviews.name('token')).rejects.toThrow('away')
  isAway = false
  expect(await reviews.name('token')).toBe('vera')
})

it('passes on a bounded number of tokens that are not known yet at once', async () => {
  const { requests, reviews } = recordedServer(() => vera)
  const answers = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => reviews.name(`token-${index}`)))
  expect(requests).toHaveLength(16)
  expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(24)
})
