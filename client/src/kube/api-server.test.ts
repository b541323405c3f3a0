// Does a refusal by a Service behind the API server say what is wrong, field by field?
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { apiServer } from './api-server.ts'

test('says which field a Service refuses, what it found and what it allows', async () => {
  const problems = [
    { path: 'x-staff-token', found: 'a token without the scope orders:hold', allowed: 'a token with it' },
    { path: 'reason', found: 'nothing', allowed: '1 to 500 characters' },
  ]
  const received: unknown[] = []
  const server = createServer((request, response) => {
    received.push([request.headers['x-staff-token'], request.headers['authorization']])
    const body = { title: 'Forbidden', status: 403, detail: 'only staff may do this', problems }
    response.writeHead(403, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const kube = apiServer({
    server: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    access: () => Promise.resolve({ headers: { authorization: 'Bearer of-the-cluster' } }),
    fieldManager: 'test',
  })
  const headers = { 'x-staff-token': 'a.b.c', authorization: 'Bearer a.b.c' }
  await expect(kube.getText('/staff', 5_000, headers)).rejects.toThrow(
    'only staff may do this; x-staff-token: found a token without the scope orders:hold; allowed: a token with it; ' +
      'reason: found nothing; allowed: 1 to 500 characters',
  )
  expect(received).toEqual([['a.b.c', 'Bearer of-the-cluster']])
  server.close()
})
