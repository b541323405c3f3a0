// Is a wrong pipeline refused? The API server refuses what its rules can express, with the path and
// the reason; children stay as they are.
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { attach } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'

interface Editable {
  metadata: { name: string }
  spec: {
    topics: { name: string; partitions?: number }[]
    stages: { name: string; consumerGroup?: string; consumes: { topic: string }[]; scaling: Record<string, number> }[]
  }
}

const wrong: readonly { why: string; edit: (pipeline: Editable) => void; path: RegExp; message: RegExp }[] = [
  {
    why: 'max below min',
    edit: ({ spec }) => (spec.stages[2]!.scaling.maxReplicas = 1),
    path: /spec\.stages\[\d\]/,
    message: /maxReplicas/,
  },
  {
    why: 'an unknown topic',
    edit: ({ spec }) => (spec.stages[0]!.consumes[0]!.topic = 'orders.plcaed'),
    path: /spec/,
    message: /topic/,
  },
  {
    why: 'two stages in one consumer group',
    edit: ({ spec }) => {
      spec.stages[0]!.consumerGroup = 'same'
      spec.stages[1]!.consumerGroup = 'same'
    },
    path: /spec/,
    message: /consumer group/i,
  },
  {
    why: 'more replicas than partitions allow',
    edit: ({ spec }) => spec.topics.forEach((topic) => (topic.partitions = 12)),
    path: /spec/,
    message: /partitions/,
  },
  {
    why: 'a bad stage name',
    edit: ({ spec }) => (spec.stages[1]!.name = 'Not_A_Name'),
    path: /spec\.stages\[\d\]\.name/,
    message: /name/,
  },
]

describe('an invalid pipeline', () => {
  let platform: Platform
  beforeAll(async () => {
    platform = await attach()
  })

  it.each(wrong)('is refused for $why with path and reason, and changes no child', async (c) => {
    const pipeline = parse(readFileSync('examples/shop.yaml', 'utf8')) as Editable
    c.edit(pipeline)
    const before = await platform.childVersions('shop')
    const result = await platform.cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
      input: stringify(pipeline),
      allowFailure: true,
    })
    expect(result.code).not.toBe(0)
    expect(result.stderr).toMatch(c.path)
    expect(result.stderr).toMatch(c.message)
    expect(await platform.childVersions('shop')).toEqual(before)
  })
})
