// Does the API server accept and refuse what the CRD says it does, in these words?
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { orderPipelines } from '../src/api/index.ts'
import type { OrderPipeline } from '../src/api/index.ts'
import { testEnvironment, patch } from './test-environment.ts'
import type { TestEnvironment } from './test-environment.ts'

const folder = join(import.meta.dirname, '..', '..', 'crds', 'fixtures')
const fixtures = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), 'utf8')
  const documents = parseAllDocuments(text).map((document) => document.toJS() as OrderPipeline)
  return { name: basename(file, '.yaml'), documents, refused: /^# refused: (.*)$/m.exec(text)?.[1] ?? '' }
})
const example = parseAllDocuments(readFileSync(join(folder, '..', '..', 'examples', 'shop.yaml'), 'utf8'))[0]

describe('the API server', () => {
  let on: TestEnvironment
  beforeAll(async () => {
    on = await testEnvironment()
  })
  const create = (pipeline: OrderPipeline) =>
    on.kube.create(orderPipelines, { ...pipeline, metadata: { ...pipeline.metadata, namespace: on.namespace } })

  it.each(fixtures.filter(({ name }) => !name.startsWith('rejected-')))('accepts $name', async ({ documents }) => {
    for (const document of documents) await create(document)
  })

  it('accepts the example', async () => {
    await create(example?.toJS() as OrderPipeline)
  })

  it.each(fixtures.filter(({ name }) => name.startsWith('rejected-')))(
    'refuses $name',
    async ({ documents, refused: expectedError }) => {
      expect(expectedError).not.toBe('')
      const [first, second] = documents
      if (!first) throw new Error('an empty fixture')
      // The first of two documents is accepted, and the change to the second is refused.
      if (second) await create(first)
      const attempt = second ? patch(on, orderPipelines, first.metadata.name, { spec: second.spec }) : create(first)
      await expect(attempt).rejects.toThrow(expectedError)
    },
  )

  it('refuses a field that the schema does not have, also where it need not warn of it', async () => {
    const { apiVersion, kind } = orderPipelines
    const metadata = { name: 'minimal', namespace: on.namespace }
    const attempt = on.kube.applyStatus(orderPipelines, { apiVersion, kind, metadata, status: { mood: 'good' } })
    await expect(attempt).rejects.toThrow('.status.mood: field not declared in schema')
  })

  it('sets the defaults of a pipeline', async () => {
    const minimal = await on.kube.get(orderPipelines, on.namespace, 'minimal')
    expect(minimal?.spec).toMatchObject({
      deletionPolicy: 'Retain',
      suspend: false,
      stages: [
        {
          concurrency: 10,
          retry: { attempts: 5, backoffSeconds: 2 },
          scaling: { pollingIntervalSeconds: 10 },
        },
      ],
    })
  })
})
