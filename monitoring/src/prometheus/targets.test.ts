// Are the pods that a Prometheus reads those that the PodMonitors select, with their labels?
import { describe, expect, it } from 'vitest'
import { targetsOf } from './targets.ts'

function pod(name: string, labels: Record<string, string>, phase = 'Running', port = 'metrics') {
  return {
    metadata: { name, namespace: 'shop', labels },
    spec: { containers: [{ name: 'main', ports: [{ name: port, containerPort: 9464 }] }] },
    status: { phase },
  }
}
const ofPipeline = {
  'app.kubernetes.io/managed-by': 'orderpipeline',
  'orderpipeline.dev/pipeline': 'shop',
  'orderpipeline.dev/stage': 'payment',
}
const ofOperator = { 'app.kubernetes.io/name': 'orderpipeline-operator', 'app.kubernetes.io/managed-by': 'Helm' }

describe('the targets of a Prometheus', () => {
  it('are the pods of pipelines, behind the proxy of the API server', () => {
    expect(targetsOf([pod('payment-1', ofPipeline)], 'https://10.0.0.1:6443')['orderpipeline-pipelines']).toEqual([
      {
        targets: ['10.0.0.1:6443'],
        labels: {
          __metrics_path__: '/api/v1/namespaces/shop/pods/payment-1:9464/proxy/metrics',
          namespace: 'shop',
          pod: 'payment-1',
          instance: 'payment-1',
          orderpipeline_dev_pipeline: 'shop',
          orderpipeline_dev_stage: 'payment',
        },
      },
    ])
  })

  it('are the pods of the operator, in a job of their own', () => {
    const targets = targetsOf([pod('operator-1', ofOperator)], 'https://10.0.0.1')
    expect(targets['orderpipeline-operator'].map(({ labels }) => labels['pod'])).toEqual(['operator-1'])
    expect(targets['orderpipeline-pipelines']).toEqual([])
  })

  it('are not pods of other owners, pods that do not run, or pods without metrics', () => {
    const others = [
      pod('a', { 'app.kubernetes.io/name': 'grafana' }),
      pod('b', { ...ofPipeline, 'app.kubernetes.io/managed-by': 'Helm' }),
      pod('c', ofPipeline, 'Pending'),
      pod('d', ofPipeline, 'Running', 'http'),
    ]
    expect(Object.values(targetsOf(others, 'https://10.0.0.1')).flat()).toEqual([])
  })
})
