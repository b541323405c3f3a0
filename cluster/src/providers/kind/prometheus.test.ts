// Does the Prometheus of kind have the alerts, and select the pods that the chart's PodMonitors
// select?
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { chartFolder } from '../product/helm.ts'
import { prometheusValues } from './prometheus.ts'

it('has the rules of the operator’s chart', async () => {
  const rules = parse(
    await readFile(join(chartFolder('orderpipeline-operator'), 'files', 'alerts.yaml'), 'utf8'),
  ) as object
  expect(prometheusValues(rules).serverFiles['alerting_rules.yml']).toEqual(rules)
})

it('has a job for the operator and one for the pods of pipelines, with the labels that the alerts use', () => {
  const jobs = prometheusValues({}).serverFiles['prometheus.yml'].scrape_configs
  expect(jobs.map(({ job_name }) => job_name)).toEqual(['orderpipeline-operator', 'orderpipeline-pipelines'])
  const labels = jobs.map(({ relabel_configs }) =>
    relabel_configs.flatMap((rule) => ('target_label' in rule ? [rule.target_label] : [])),
  )
  expect(labels[0]).toEqual(['namespace', 'pod', 'instance'])
  expect(labels[1]).toEqual(['namespace', 'pod', 'instance', 'orderpipeline_dev_pipeline', 'orderpipeline_dev_stage'])
})
