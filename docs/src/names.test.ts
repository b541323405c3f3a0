// Are all environment variables and metrics on their pages?
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { metricLabels, metricsFile, metricsPage, variablesFile, variablesPage } from './names.ts'

function rowsOf(text: string) {
  return text.split('\n').filter((line) => line.startsWith('| `'))
}

it('the variables on file equal those of the sources; otherwise run npm run generate', () => {
  expect(readFileSync(variablesFile, 'utf8')).toBe(variablesPage())
  expect(rowsOf(variablesPage()).length).toBeGreaterThan(80)
})

it('the metrics on file equal those of the sources, each with its help', () => {
  expect(readFileSync(metricsFile, 'utf8')).toBe(metricsPage())
  expect(rowsOf(metricsPage()).length).toBeGreaterThan(50)
  expect(rowsOf(metricsPage()).filter((row) => /\|\s+\|$/.test(row))).toEqual([])
})

it('each metric is listed with the labels that its program gives it', () => {
  const labels = metricLabels()
  expect(labels.get('http_requests_total')).toEqual(['method', 'route', 'status'])
  expect(labels.get('orderpipeline_group_lag')).toEqual(['namespace', 'pipeline', 'stage'])
  expect(labels.get('orderpipeline_flow_decision')).toEqual(['namespace', 'pipeline', 'stage', 'reason'])
  expect(labels.get('orderpipeline_stage_in_hand')).toEqual([])
})

it('each metric has one meaning: no two programs declare the same name', () => {
  const names = rowsOf(metricsPage()).map((row) => row.split('`')[1])
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})
