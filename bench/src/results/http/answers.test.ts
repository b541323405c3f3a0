import { expect, it } from 'vitest'
import { firstAnswer } from './answers.ts'

const accepted = 'HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}'

it('reads status and length of an answer, and leaves what follows it', () => {
  expect(firstAnswer(Buffer.from(`${accepted}HTTP/1.1 `))).toEqual({
    status: 202,
    closes: false,
    length: accepted.length,
  })
})

it('waits for the whole head and the whole body', () => {
  for (const part of ['', 'HTTP/1.1 202 Acc', accepted.slice(0, -1)])
    expect(firstAnswer(Buffer.from(part))).toBeUndefined()
})

it('says that the server closes the connection', () => {
  const last = 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'
  expect(firstAnswer(Buffer.from(last))).toMatchObject({ status: 503, closes: true })
})

it('refuses an answer without a length', () => {
  expect(() => firstAnswer(Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'))).toThrow(
    /without content-length/,
  )
})
