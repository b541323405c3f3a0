import { describe, expect, it } from 'vitest'
import { clusterAddresses, machineAddresses, refusalOf, securityHeaders } from './guard.ts'

function ask(headers: Record<string, string>, method = 'GET', posts = false) {
  return refusalOf({ method, headers }, machineAddresses(4480), posts)?.status
}

describe('the console is served', () => {
  it('to its own page, with the names of this machine', () => {
    for (const host of ['127.0.0.1:4480', 'localhost:4480', '[::1]:4480']) expect(ask({ host })).toBeUndefined()
    expect(
      ask({ host: 'localhost:4480', origin: 'http://localhost:4480', 'sec-fetch-site': 'same-origin' }),
    ).toBeUndefined()
  })
  it('not with a foreign name for this address, with another port or without a name', () => {
    for (const host of ['evil.example', 'evil.example:4480', 'localhost', '127.0.0.1:80', ''])
      expect(ask({ host })).toBe(421)
    expect(ask({})).toBe(421)
  })
  it('not to a page of another origin or site, which may only link here', () => {
    const host = 'localhost:4480'
    expect(ask({ host, origin: 'https://evil.example' })).toBe(403)
    expect(ask({ host, origin: 'null' })).toBe(403)
    expect(ask({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403)
    const link = { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect(ask(link)).toBeUndefined()
    expect(ask({ ...link, 'sec-fetch-dest': 'iframe' })).toBe(403)
  })
  it('for reading only, if it does not act', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      expect(ask({ host: 'localhost:4480' }, method)).toBe(405)
  })
  it('for acting, if allowed, to its own page with JSON, and to no form of another site', () => {
    const host = 'localhost:4480'
    const json = { host, 'content-type': 'application/json' }
    const posted = (headers: Record<string, string>) => ask(headers, 'POST', true)
    expect(posted({ ...json, origin: 'http://localhost:4480', 'sec-fetch-site': 'same-origin' })).toBeUndefined()
    expect(posted({ host, 'content-type': 'text/plain' })).toBe(415)
    expect(posted({ host, 'content-type': 'application/x-www-form-urlencoded' })).toBe(415)
    expect(posted({ ...json, origin: 'https://evil.example' })).toBe(403)
    expect(posted({ ...json, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toBe(403)
    expect(posted({ ...json, host: 'evil.example:4480' })).toBe(421)
    expect(ask(json, 'DELETE', true)).toBe(405)
  })
  it('in a cluster under the origins of its configuration, and by a port-forward', () => {
    const addresses = clusterAddresses(['https://console.example.com'])
    const statusFor = (headers: Record<string, string>) => refusalOf({ method: 'GET', headers }, addresses)?.status
    expect(statusFor({ host: 'console.example.com', origin: 'https://console.example.com' })).toBeUndefined()
    expect(statusFor({ host: 'localhost:9000', origin: 'http://localhost:9000' })).toBeUndefined()
    expect(statusFor({ host: 'console.example.com', origin: 'http://console.example.com' })).toBe(403)
    expect(statusFor({ host: 'localhost:9000', origin: 'http://localhost:9001' })).toBe(403)
    expect(statusFor({ host: 'console.example.com', origin: 'https://evil.example' })).toBe(403)
    expect(statusFor({ host: '10.0.0.7:8080' })).toBe(421)
    expect(statusFor({ host: 'localhost.evil.example' })).toBe(421)
  })
  it('without inline code and in no frame', () => {
    const policy = securityHeaders['content-security-policy'] ?? ''
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
  })
})
