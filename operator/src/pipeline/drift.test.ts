import { describe, expect, it } from 'vitest'
import { drift } from './drift.ts'

describe('drift', () => {
  it('is nothing when the live object has what is asked for and more', () => {
    expect(
      drift({ spec: { a: 1, b: [{ name: 'x' }] } }, { spec: { a: 1, b: [{ name: 'x', added: true }], c: 2 } }),
    ).toEqual([])
  })

  it('names the path of what was changed', () => {
    const desired = { spec: { containers: [{ name: 'stage', image: 'a' }] } }
    expect(drift(desired, { spec: { containers: [{ name: 'stage', image: 'b' }] } })).toEqual([
      'spec.containers[stage].image',
    ])
  })

  it('finds named items wherever they stand, beside items of others', () => {
    const desired = {
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    }
    const live = {
      env: [
        { name: 'X', value: '0' },
        { name: 'B', value: '2' },
        { name: 'A', value: '1' },
      ],
    }
    expect(drift(desired, live)).toEqual([])
    expect(drift(desired, { env: [{ name: 'A', value: '1' }] })).toEqual(['env[B]'])
  })

  it('does not take a name for an identity where two items have the same', () => {
    const keys = ['username', 'password'].map((parameter) => ({ parameter, name: 'kafka', key: parameter }))
    expect(drift({ refs: keys }, { refs: keys })).toEqual([])
    expect(drift({ refs: keys }, { refs: [keys[0], { ...keys[1], key: 'other' }] })).toEqual(['refs[1].key'])
  })

  it('compares lists without names as wholes', () => {
    expect(drift({ drop: ['ALL'] }, { drop: ['ALL', 'NET_RAW'] })).toEqual(['drop'])
  })

  it('compares quantities by value, as the API server rewrites them', () => {
    const container = (cpu: string) => ({ containers: [{ name: 'stage', resources: { requests: { cpu } } }] })
    expect(drift(container('1000m'), container('1'))).toEqual([])
    expect(drift(container('1000m'), container('2'))).toEqual(['containers[stage].resources.requests.cpu'])
  })

  it('takes an empty text or list that the API server left out as there, but not a false', () => {
    expect(drift({ value: '', list: [], map: {} }, {})).toEqual([])
    expect(drift({ automount: false }, {})).toEqual(['automount'])
  })
})
