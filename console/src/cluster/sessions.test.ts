import { describe, expect, it } from 'vitest'
import { cookieFor, sessionIn } from './cookie.ts'
import { recent } from './recent.ts'
import { createSessions, longestIdleMs, longestMs, maxSessionsPerPerson, maxSessions } from './sessions.ts'

describe('a session', () => {
  it('is found by its id until it was idle for an hour, or is twelve hours old', () => {
    let now = 0
    const sessions = createSessions(() => now)
    const { id, key } = sessions.open('a-token', 'ada')
    expect(sessions.find(id)).toMatchObject({ token: 'a-token', name: 'ada', key })
    now = longestIdleMs
    expect(sessions.find(id)).toBeUndefined()
    const busy = sessions.open('a-token', 'ada')
    const openedAt = now
    for (now += longestIdleMs / 2; now < openedAt + longestMs; now += longestIdleMs / 2)
      expect(sessions.find(busy.id)).toBeDefined()
    expect(sessions.find(busy.id)).toBeUndefined()
    expect(sessions.count).toBe(0)
  })

  it('ends when it is closed, and no other with it', () => {
    const sessions = createSessions(() => 0)
    const [one, other] = [sessions.open('t', 'ada'), sessions.open('t', 'ada')]
    sessions.close(one.id)
    expect(sessions.find(one.id)).toBeUndefined()
    expect(sessions.find(other.id)).toBeDefined()
  })

  it('of one person displaces an own one, and none of another person', () => {
    const sessions = createSessions(() => 0)
    const ofBob = sessions.open('t', 'bob')
    const first = sessions.open('t', 'ada')
    for (let index = 0; index < 3 * maxSessionsPerPerson; index += 1) sessions.open('t', 'ada')
    expect(sessions.find(first.id)).toBeUndefined()
    expect(sessions.find(ofBob.id)).toBeDefined()
    expect(sessions.count).toBe(maxSessionsPerPerson + 1)
  })

  it('is one of a bounded number: the one that was not used for longest makes room', () => {
    const sessions = createSessions(() => 0)
    const used = sessions.open('t', 'person-0')
    const unused = sessions.open('t', 'person-1')
    sessions.find(used.id)
    for (let index = 2; index <= maxSessions; index += 1) sessions.open('t', `person-${index}`)
    expect(sessions.count).toBe(maxSessions)
    expect(sessions.find(unused.id)).toBeUndefined()
    expect(sessions.find(used.id)).toBeDefined()
  })
})

describe('the cookie of a session', () => {
  it('is for this host and its own pages alone, and by TLS nothing else', () => {
    const cookie = cookieFor('abc', 'https://console.example.com')
    expect(cookie).toBe('__Host-orderpipeline-console=abc; Path=/; HttpOnly; SameSite=Strict; Secure')
    expect(sessionIn(`other=1; ${cookie.split(';')[0]}`, 'https://console.example.com')).toBe('abc')
    expect(sessionIn('orderpipeline-console=abc', 'https://console.example.com')).toBeUndefined()
  })
  it('of a port-forward has no TLS to require', () => {
    expect(cookieFor('abc', 'http://localhost:9000')).toBe(
      'orderpipeline-console=abc; Path=/; HttpOnly; SameSite=Strict',
    )
    expect(sessionIn('orderpipeline-console=abc', 'http://localhost:9000')).toBe('abc')
  })
  it('is removed at the end, and never read where it is no session', () => {
    expect(cookieFor(undefined, 'http://localhost:9000')).toContain('Max-Age=0')
    for (const cookies of [
      undefined,
      '',
      'orderpipeline-console=',
      'orderpipeline-console=<script>',
      'x-orderpipeline-console=abc',
    ])
      expect(sessionIn(cookies, 'http://localhost:9000')).toBeUndefined()
  })
})

describe('an answer that is shared', () => {
  it('is read once for all who ask within its time, and again after it', async () => {
    let [now, reads] = [0, 0]
    const share = recent<number>({ ms: 10, most: 5, now: () => now })
    const read = () => Promise.resolve((reads += 1))
    expect(await Promise.all([share('a', read), share('a', read), share('b', read)])).toEqual([1, 1, 2])
    now = 10
    expect(await share('a', read)).toBe(3)
  })
  it('is not kept where the reading failed', async () => {
    const share = recent<number>({ ms: 10, most: 5, now: () => 0 })
    await expect(share('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(await share('a', () => Promise.resolve(7))).toBe(7)
  })
  it('is one of a bounded number', async () => {
    let reads = 0
    const share = recent<number>({ ms: 10, most: 2, now: () => 0 })
    const read = () => Promise.resolve((reads += 1))
    for (const key of ['a', 'b', 'c', 'a']) await share(key, read)
    expect(reads).toBe(4)
    await share('c', read)
    expect(reads).toBe(4)
  })
})
