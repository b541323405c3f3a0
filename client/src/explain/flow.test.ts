import type { ScaledObject } from '@orderpipeline/operator/api'
import { answerOf, unmeasuredDecision } from '@orderpipeline/operator/pipeline'
import type { FlowHistory } from '@orderpipeline/operator/pipeline'
import { describe, expect, it } from 'vitest'
import { CommandError } from '../failure.ts'
import { flowOf, proxiedPath } from './flow.ts'

const url = 'http://operator-scaler.op.svc:8081/v1/flow/default/shop/payment'
function scaledObject(address: string): ScaledObject {
  return {
    spec: { triggers: [{ type: 'metrics-api', name: 'flow', metadata: { url: address } }] },
  } as unknown as ScaledObject
}

describe('the decision of the operator', () => {
  it('is read at the address that KEDA uses, through the API server', async () => {
    const decision = unmeasuredDecision(3, { minReplicas: 1, maxReplicas: 9 }, 0)
    const history: FlowHistory = { ...answerOf(decision, 0), since: '2026-01-01T00:00:00.000Z', changes: [] }
    const requestedPaths: string[] = []
    const getText = (path: string) => {
      requestedPaths.push(path)
      return Promise.resolve(JSON.stringify(history))
    }
    expect(await flowOf({ getText }, scaledObject(url))).toEqual(history)
    expect(requestedPaths).toEqual([
      '/api/v1/namespaces/op/services/http:operator-scaler:8081/proxy/v1/flow/default/shop/payment/changes',
    ])
  })

  it('is read at the default port if the address has none, and never outside of the cluster', () => {
    expect(proxiedPath('http://operator-scaler.op.svc.cluster.local/v1/flow/a/b/c')).toBe(
      '/api/v1/namespaces/op/services/http:operator-scaler:80/proxy/v1/flow/a/b/c/changes',
    )
    expect(proxiedPath('https://scaler.example/v1/flow/a/b/c')).toBeUndefined()
  })

  it('is unknown, with the reason, if the API server refuses or the operator is older', async () => {
    const refuses = () => Promise.reject(new CommandError('the server answered 403 to …: services/proxy'))
    expect(await flowOf({ getText: refuses }, scaledObject(url))).toContain('answered 403')
    const absent = () => Promise.resolve(undefined)
    expect(await flowOf({ getText: absent }, scaledObject(url))).toBe(`the operator has no answer at ${url}/changes`)
    const page = () => Promise.resolve('<html>')
    expect(await flowOf({ getText: page }, scaledObject(url))).toContain('is not JSON')
    expect(await flowOf({ getText: page }, scaledObject('https://scaler.example/x'))).toContain(
      'outside of this cluster',
    )
  })

  it('is not read for a stage that is not scaled on flow', async () => {
    const never = () => Promise.reject(new Error('asked'))
    expect(await flowOf({ getText: never }, undefined)).toBeUndefined()
  })
})
