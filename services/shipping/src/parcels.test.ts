// Does a parcel go on, end once, and never go back, whatever its carrier says?
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { carriedStatuses } from './carrier/carrier.ts'
import { nextParcelStatus, parcelEnded, type ParcelStatus } from './parcels.ts'

it('changes at most twice, and not at all after its end', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.constantFrom(...carriedStatuses), { nil: undefined })), (said) => {
      const seen: ParcelStatus[] = ['UNDERWAY']
      for (const status of said) {
        const next = nextParcelStatus(seen.at(-1) ?? 'UNDERWAY', status)
        if (next !== seen.at(-1)) seen.push(next)
      }
      expect(seen.length).toBeLessThanOrEqual(3)
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen.slice(0, -1).some(parcelEnded)).toBe(false)
    }),
  )
})
