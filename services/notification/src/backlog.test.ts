// Is marketing bounded, and are messages about orders not?
import { expect, test } from 'vitest'
import { createBacklog } from './backlog.ts'
import type { Lane } from './lanes.ts'
import type { Mail } from './mails.ts'

function messages(lane: Lane, count: number): Mail[] {
  return Array.from({ length: count }, (_, n) => ({
    ...{ lane, messageId: `${lane} ${n}`, recipient: 'r', subject: 's', body: 'b' },
  }))
}

test('drops what a full lane of marketing takes no more, and nothing about orders', () => {
  const dropped: string[] = []
  const backlog = createBacklog({
    ...{ mostWaiting: 10, everySeconds: 30, onCounted: () => undefined },
    onDropped: (lane, count) => dropped.push(...Array.from({ length: count }, () => lane)),
  })
  expect(backlog.bound(messages('marketing', 7))).toHaveLength(7)
  expect(backlog.bound([...messages('marketing', 7), ...messages('sms-marketing', 2)])).toHaveLength(5)
  expect(backlog.bound(messages('sms-order', 50))).toHaveLength(50)
  expect(dropped).toEqual(['marketing', 'marketing', 'marketing', 'marketing'])
})
