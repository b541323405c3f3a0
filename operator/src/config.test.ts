import { expect, it } from 'vitest'
import { operatorConfig } from './config.ts'

it('the configuration needs only the image of the services', () => {
  expect(operatorConfig({ SERVICES_IMAGE: 'services:1' }, 'host')).toMatchObject({
    servicesImage: 'services:1',
    watchNamespace: undefined,
    metricsPort: 8080,
    lease: { namespace: 'default', name: 'orderpipeline-operator', holder: 'host', seconds: 15 },
  })
})

it('says of each wrong variable what was found and what is allowed', () => {
  const wrong = () => operatorConfig({ IMAGE_PULL_POLICY: 'Sometimes', METRICS_PORT: '99999' }, 'host')
  expect(wrong).toThrow(
    [
      'SERVICES_IMAGE: found nothing; allowed: the name of an image',
      'IMAGE_PULL_POLICY: found "Sometimes"; allowed: one of Always, IfNotPresent, Never',
      'METRICS_PORT: found "99999"; allowed: a whole number from 0 to 65535',
    ].join('\n'),
  )
})

it('takes an empty variable for an absent one, as a chart leaves it', () => {
  const empty = { WATCH_NAMESPACE: '', PROMETHEUS_URL: '', FLOW_SCALER_URL: '', IMAGE_PULL_SECRETS: '' }
  expect(operatorConfig({ SERVICES_IMAGE: 'services:1', ...empty }, 'host')).toMatchObject({
    watchNamespace: undefined,
    prometheusUrl: undefined,
    flowScaler: undefined,
    imagePullSecrets: [],
  })
})

it('takes more than one Secret for pulling images, and nothing that is no name of one', () => {
  const secrets = (text: string) =>
    operatorConfig({ SERVICES_IMAGE: 's:1', IMAGE_PULL_SECRETS: text }, 'host').imagePullSecrets
  expect(secrets('one,two.pull')).toEqual(['one', 'two.pull'])
  expect(() => secrets('one two')).toThrow('allowed: names of Secrets, separated by commas')
})

it('reads the labels of PrometheusRules, and refuses what is no label', () => {
  const labels = (text: string) =>
    operatorConfig({ SERVICES_IMAGE: 's:1', PROMETHEUS_RULE_LABELS: text }, 'host').prometheusRuleLabels
  expect(labels('')).toEqual({})
  expect(labels('release=prometheus,example.com/team=ops,empty=')).toEqual({
    release: 'prometheus',
    'example.com/team': 'ops',
    empty: '',
  })
  expect(() => labels('release:prometheus')).toThrow('allowed: labels as name=value, separated by commas')
})
