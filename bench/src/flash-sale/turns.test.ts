import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

const forever = 600_000

it('serves as many customers at once as there are workers, and the others in their order', async () => {
  const turns = createTurns(2)
  expect([await turns.next(0), await turns.next(0)]).toEqual([true, true])
  const sequence: string[] = []
  const third = turns.next(forever).then(() => sequence.push('third'))
  const fourth = turns.next(forever).then(() => sequence.push('fourth'))
  turns.release()
  await third
  expect(sequence).toEqual(['third'])
  turns.release()
  await fourth
  expect(sequence).toEqual(['third', 'fourth'])
})

it('lets a customer leave whose turn does not come in time, and keeps no worker for them', async () => {
  const turns = createTurns(1)
  await turns.next(0)
  const patient = turns.next(forever)
  expect(await turns.next(1)).toBe(false)
  turns.release()
  expect(await patient).toBe(true)
  turns.release()
  expect(await turns.next(0)).toBe(true)
})
