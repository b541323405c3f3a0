import { describe, expect, it } from 'vitest'
import { drift } from './drift.ts'

describe('drift', () => {
  it('is empty when the live object has the desired fields and further ones', () => {
    expect(
      drift({ spec: { a: 1, b: [{ name: 'x' }] } }, { spec: { a: 1, b: [{ name: 'x', added: true }], c: 2 } }),
    ).toEqual([])
  })

  it('names the path of the change', () => {
    const desired = { spec: { containers: [{ name: 'stage', image: 'a' }] } }
    expect(drift(desired, { spec: { containers: [{ name: 'stage', image: 'b' }] } })).toEqual([
      'spec.containers[stage].image',
    ])
  })

  it('finds named items in any order, among items of other owners', () => {
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

  it('does not identify items by name if two have the same name', () => {
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

  it('treats an empty text or list that the API server omits as equal, but not false', () => {
    expect(drift({ value: '', list: [], map: {} }, {})).toEqual([])
    expect(drift({ automount: false }, {})).toEqual(['automount'])
  })
})
