import { expect, it } from 'vitest'
import { configFrom } from './config.ts'

it('the configuration needs only the image of the services', () => {
  expect(configFrom({ SERVICES_IMAGE: 'services:1' }, 'host')).toMatchObject({
    servicesImage: 'services:1',
    watchNamespace: undefined,
    metricsPort: 8080,
    lease: { namespace: 'default', name: 'orderpipeline-operator', holder: 'host', seconds: 15 },
  })
})

it('one line names the wrong variables, the allowed values and the values found', () => {
  const wrong = () => configFrom({ IMAGE_PULL_POLICY: 'Sometimes', METRICS_PORT: '99999' }, 'host')
  expect(wrong).toThrow(
    /SERVICES_IMAGE: .*found nothing; IMAGE_PULL_POLICY: .*"Always".*found "Sometimes"; METRICS_PORT: .*65535.*"99999"/,
  )
})

it('an empty WATCH_NAMESPACE means all namespaces, as the chart sets it', () => {
  expect(configFrom({ SERVICES_IMAGE: 'services:1', WATCH_NAMESPACE: '' }, 'host').watchNamespace).toBeUndefined()
})
