import { expect, it } from 'vitest'
import { limitsOf } from './limits.ts'

it('limits no Deployment whose replicas all fit', () => {
  expect(limitsOf([{ name: 'orders', desired: 2, minReplicas: 1 }], 4)).toEqual(new Map([['orders', {}]]))
})

it('says how many replicas fit, and which option limits them', () => {
  const limits = limitsOf(
    [
      { name: 'orders', desired: 3, minReplicas: 1 },
      { name: 'payment', desired: 3, minReplicas: 1 },
    ],
    4,
  )
  expect(limits.get('payment')).toEqual({ most: 2, why: '--max-processes 4 limits it to 2 of 3 replicas' })
})

it('gives nothing to a Deployment without a program, and its share to the others', () => {
  const limits = limitsOf(
    [
      { name: 'own', desired: 3, minReplicas: 3, missing: 'its image is not run here' },
      { name: 'orders', desired: 2, minReplicas: 1 },
    ],
    2,
  )
  expect([...limits]).toEqual([
    ['own', { most: 0, why: 'its image is not run here' }],
    ['orders', {}],
  ])
})
