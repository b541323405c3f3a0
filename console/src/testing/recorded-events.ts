// Which Events has the recorded shop? Those of its operator in the last minutes, and of a person.
import type { ListedEvent } from '@orderpipeline/client'

const notes: readonly (readonly [minutesAgo: number, type: 'Normal' | 'Warning', reason: string, note: string])[] = [
  [1, 'Normal', 'Scaled', 'payment: 5 to 25 replicas'],
  [12, 'Warning', 'DeadLetters', '17 dead letters wait in payment; orderpipeline dlq list shop payment'],
  [16, 'Normal', 'Scaled', 'payment: 8 to 5 replicas'],
  [44, 'Normal', 'DeadLettersReplayed', 'maya (maya@desk) replayed 12 dead letters of payment (ProviderFault)'],
]

export function recordedEvents(at: number): readonly ListedEvent[] {
  return notes.map(([minutesAgo, type, reason, note], index) => ({
    metadata: { name: `shop.${index}` },
    eventTime: new Date(at - minutesAgo * 60_000).toISOString().replace('Z', '000Z'),
    ...{ type, reason, note },
    regarding: { name: 'shop', uid: 'shop' },
  }))
}
