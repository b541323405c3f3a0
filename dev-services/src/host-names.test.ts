import { expect, it } from 'vitest'
import { isOwnHost } from './host-names.ts'

it.each(['127.0.0.1:8080', 'localhost', 'LOCALHOST:1', '[::1]:8080', '10.96.0.7', 'dev-services:8080'])(
  'answers a request for the own host %s',
  (host) => expect(isOwnHost(host)).toBe(true),
)
it('answers a request for the full name of a Service', () => {
  expect(isOwnHost('dev-services.default.svc:8080')).toBe(true)
  expect(isOwnHost('dev-services.default.svc.cluster.local')).toBe(true)
})
it.each(['attacker.example', 'dev-services.com', 'a.b.svc.attacker.example', '127.0.0.1.attacker.example', ''])(
  'refuses a request for the name %j, which a web page may have pointed at this machine',
  (host) => expect(isOwnHost(host)).toBe(false),
)
