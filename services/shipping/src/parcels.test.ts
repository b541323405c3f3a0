// Does a parcel go on, end once, and never go back, whatever its carrier reports?
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { carriedStatuses } from './carrier/carrier.ts'
import { nextParcelStatus, hasParcelEnded } from './parcels.ts'
import type { ParcelStatus } from './parcels.ts'

it('a parcel changes at most twice, and never after its end', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.constantFrom(...carriedStatuses), { nil: undefined })), (answers) => {
      const history: ParcelStatus[] = ['UNDERWAY']
      for (const status of answers) {
        const next = nextParcelStatus(history.at(-1) ?? 'UNDERWAY', status)
        if (next !== history.at(-1)) history.push(next)
      }
      expect(history.length).toBeLessThanOrEqual(3)
      expect(new Set(history).size).toBe(history.length)
      expect(history.slice(0, -1).some(hasParcelEnded)).toBe(false)
    }),
  )
})
