// Does every line that people read fit a narrow terminal?
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { painter } from './colour.ts'
import { commands } from './commands/index.ts'
import { explanationLines } from './explain/render.ts'
import { program } from './program.ts'
import { statusLines, summaryLines } from './status/render.ts'
import { frame } from './top/render.ts'
import { pipelineView } from './top/view.ts'

const file = join(import.meta.dirname, '..', '..', 'examples', 'shop.yaml')
const widths = [60, 80]
const now = new Date('2026-02-01T12:00:00Z')
const message = 'payment: 3 of 12 replicas are ready; 0/1 nodes are available: 1 Insufficient cpu'

async function printed(width: number, args: readonly string[]): Promise<string[]> {
  let text = ''
  const stdout = { columns: width, write: (more: string) => void (text += more) }
  const environment = { stdout, stderr: stdout, colour: false, kubeconfig: undefined, kubeconfigCandidates: [] }
  await program(commands, environment, new AbortController().signal).run(args)
  return text.trimEnd().split('\n')
}

function shop(): OrderPipeline {
  const pipeline = parse(readFileSync(file, 'utf8')) as OrderPipeline
  const condition = { type: 'WorkloadsReady', status: 'False', reason: 'ReplicasNotReady', message } as const
  const figures = { replicas: 100, readyReplicas: 100, desiredReplicas: 100, lag: 123_456, arrivedPerSecond: 1_234 }
  const stages = pipeline.spec.stages.map(({ name }) => ({ name, ...figures, consumedPerSecond: 1_234 }))
  return {
    ...pipeline,
    metadata: { ...pipeline.metadata, namespace: 'default', generation: 1, creationTimestamp: now.toISOString() },
    status: {
      observedGeneration: 1,
      conditions: [{ ...condition, observedGeneration: 1, lastTransitionTime: now.toISOString() }],
      stages,
      totals: { lag: 617_280, ordersPerSecond: 1_234, replicas: '500/500', stages: '5/5' },
      capacity: { ordersPerSecond: 4_098, bottleneck: 'notification' },
    },
  }
}

function tooWide(lines: readonly string[], width: number): string[] {
  return lines.filter(({ length }) => length > width)
}
const paint = painter(false)

it.each(widths)('fits %i columns: capacity, simulate and help', async (width) => {
  for (const args of [
    ['capacity', '-f', file, '--rate', '1000000/min'],
    ['simulate', '-f', file, '--burst', '2000', '--compare', '--tail', '10m'],
  ]) {
    const lines = await printed(width, args)
    expect(lines.length).toBeGreaterThan(10)
    expect(tooWide(lines, width)).toEqual([])
  }
  // Examples are lines to copy, which a break would spoil.
  const [before = ''] = (await printed(width, ['dlq', 'replay', '--help'])).join('\n').split('\nExamples:')
  expect(tooWide(before.split('\n'), width)).toEqual([])
})

it.each(widths)('fits %i columns: status, top and explain, each with the complete text', (width) => {
  const pipeline = shop()
  const status = statusLines(pipeline, paint, now, width)
  expect(tooWide(status, width)).toEqual([])
  expect(status.join(' ').replaceAll(/\s+/g, ' ')).toContain(message)
  for (const title of ['MIN-MAX', 'ARRIVED/S', 'CONSUMED/S', 'DRAIN', 'CARRIES/S'])
    expect(status.join('\n')).toContain(title)
  expect(tooWide(summaryLines([pipeline], paint, now, width), width)).toEqual([])
  const view = pipelineView({ pipeline, workloads: [], autoscalers: [], ordersPerSecond: 1_234 })
  expect(tooWide(frame([view], { colour: false, now, columns: width }), width)).toEqual([])
  const explanation = { part: 'payment', replicas: 100, ready: 3, wanted: 100, minReplicas: 5, maxReplicas: 100 }
  const explained = explanationLines(
    { ...explanation, reasons: [{ code: 'PodsFailing', text: message }] },
    paint,
    width,
  )
  expect(tooWide(explained, width)).toEqual([])
  expect(explained.join(' ').replaceAll(/\s+/g, ' ')).toContain(message)
})
