// Is what the README shows to copy accepted? Each OrderPipeline in it is validated as the API
// server and the operator would.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { validation } from '@orderpipeline/cli'

const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text)
const stages = blocks.filter((text) => text.startsWith('- name: '))
const pipelines = blocks
  .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Record<string, unknown>))
  .filter(({ kind }) => kind === 'OrderPipeline')

describe('the README', () => {
  it('has an OrderPipeline to copy, and all of its pipelines are accepted', () => {
    expect(pipelines.length).toBeGreaterThan(0)
    for (const pipeline of pipelines) {
      const { causes, problems, unknownFields } = validation(pipeline)
      expect({ causes, problems, unknownFields }).toEqual({ causes: [], problems: [], unknownFields: [] })
    }
  })

  it('has a stage to add, which is accepted next to the stages of its pipeline', () => {
    expect(stages.length).toBeGreaterThan(0)
    for (const text of stages) {
      const [pipeline] = structuredClone(pipelines) as { spec: { stages: unknown[] } }[]
      pipeline?.spec.stages.push(...(parseAllDocuments(text)[0]?.toJS() as unknown[]))
      const { accepted, causes, problems } = validation(pipeline)
      expect({ accepted, causes, problems }).toEqual({ accepted: true, causes: [], problems: [] })
    }
  })
})
