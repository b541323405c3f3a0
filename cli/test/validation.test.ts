// Does validation without a cluster say what a real API server says, word for word?
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { isRecord } from '../src/validation/cause.ts'
import { orderPipelineResource } from '../src/validation/schema.ts'
import type { Schema } from '../src/validation/schema.ts'
import { validation } from '../src/validation/validation.ts'
import { apiServer } from '../src/testing/api-server.ts'
import type { ApiResponse, ApiServer } from '../src/testing/api-server.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'crds', 'fixtures')

interface Document {
  readonly metadata: { readonly name: string }
  readonly spec: unknown
}
function documentsIn(file: string) {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Document)
}

const fixtures = readdirSync(folder).map((file) => ({
  name: basename(file, '.yaml'),
  documents: documentsIn(join(folder, file)),
  refused: /^# refused: (.*)$/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1],
}))

let on: ApiServer
function path() {
  return `/apis/orderpipeline.dev/v1alpha1/namespaces/${on.namespace}/orderpipelines`
}
beforeAll(async () => {
  on = await apiServer()
})

/**
 * Each cause as a line, in an order of our own: the server's own order changes from time to time.
 */
function serverSays({ status, body }: ApiResponse): string[] {
  if (status < 300) return []
  const details = body['details'] as { causes?: { field: string; reason: string; message: string }[] } | undefined
  const causes = details?.causes
  if (!causes) throw new Error(`a refusal without causes: ${JSON.stringify(body)}`)
  return causes.map(({ field, reason, message }) => `${field}: ${reason}: ${message}`).sort()
}
function weSay(value: unknown, old?: unknown): string[] {
  return validation(value, old)
    .causes.map(({ field, reason, message }) => `${field}: ${reason}: ${message}`)
    .sort()
}

describe('a fixture', () => {
  it.each(fixtures)('gets the same result offline and from the API server: $name', async ({ documents, refused }) => {
    const [first, second] = documents
    if (!first) throw new Error('an empty fixture')
    if (second) {
      const created = await on.must('POST', path(), first)
      const update = { ...second, metadata: created['metadata'] }
      const answer = await on.ask('PUT', `${path()}/${first.metadata.name}?dryRun=All`, update)
      expect(weSay(second, first)).toEqual(serverSays(answer))
      expect(answer.status).toBe(refused === undefined ? 200 : 422)
      return
    }
    const answer = await on.ask('POST', `${path()}?dryRun=All`, first)
    expect(weSay(first)).toEqual(serverSays(answer))
    if (refused === undefined) expect(validation(first).pipeline?.spec).toEqual(answer.body['spec'])
    else expect(answer.status).toBe(422)
  })
})

describe('any field of a pipeline', () => {
  const { schema } = orderPipelineResource()
  const whole = ['regular', 'minimal'].flatMap((name) => documentsIn(join(folder, `${name}.yaml`)))
  const shop = documentsIn(join(root, 'examples', 'shop.yaml'))
  const absent = Symbol('absent')
  /** Every kind of value, and the bounds of each and what is just beyond. */
  const values = [
    absent,
    null,
    '',
    'x',
    'X y',
    'a'.repeat(64),
    -1,
    0,
    1,
    1.5,
    5000,
    2 ** 31,
    1e20,
    true,
    [],
    {},
    [1],
    ['a', 'a'],
    { a: 1 },
  ]

  const places = (value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] => {
    const inner: (readonly [string | number, unknown])[] = Array.isArray(value)
      ? value.map((item, index) => [index, item] as const)
      : isRecord(value)
        ? Object.entries(value)
        : []
    return [...(at.length > 0 ? [at] : []), ...inner.flatMap(([step, item]) => places(item, [...at, step]))]
  }
  const withChange = (value: unknown, [step, ...rest]: readonly (string | number)[], to: unknown): unknown => {
    if (step === undefined) return to
    if (Array.isArray(value)) {
      const items = value.map((item, index) => (index === step ? withChange(item, rest, to) : (item as unknown)))
      return items.filter((item) => item !== absent)
    }
    if (!isRecord(value)) return value
    return Object.fromEntries(
      Object.entries({ ...value, [step]: withChange(value[step], rest, to) }).filter(([, item]) => item !== absent),
    )
  }
  /** What the schema knows at a place, and the pipeline leaves out, is tried too. */
  const leftOut = (
    value: unknown,
    inner: Schema | undefined,
    at: readonly (string | number)[] = [],
  ): (readonly (string | number)[])[] => {
    if (Array.isArray(value)) return value.flatMap((item, index) => leftOut(item, inner?.items, [...at, index]))
    if (!isRecord(value)) return []
    const fields = Object.entries(inner?.properties ?? {})
    return [
      ...fields.filter(([key]) => !(key in value)).map(([key]) => [...at, key]),
      ...fields.flatMap(([key, field]) => leftOut(value[key], field, [...at, key])),
    ]
  }
  const cases = [...whole, ...shop].flatMap((pipeline) =>
    [...places(pipeline.spec), ...leftOut(pipeline.spec, schema.properties?.['spec'])].flatMap((place) =>
      values.map((value) => ({ pipeline, place: ['spec', ...place], value })),
    ),
  )
  /** 1 tries every one of them, in some minutes. */
  const share = Number(process.env['VALIDATION_SHARE'] ?? '0.05')

  it('gets the same result offline and from the API server with any value', { timeout: 300_000 }, async () => {
    const sample = cases.filter((_one, index) => (index * 0.618034) % 1 < share)
    const differences: unknown[] = []
    let refusals = 0
    const one = async ({ pipeline, place, value }: (typeof cases)[number]): Promise<void> => {
      const object = withChange(pipeline, place, value)
      const answer = await on.ask('POST', `${path()}?dryRun=All`, object)
      const server = serverSays(answer)
      const ours = weSay(object)
      refusals += server.length > 0 ? 1 : 0
      const { unknownFields, pipeline: settled } = validation(object)
      if (JSON.stringify(server) !== JSON.stringify(ours))
        differences.push({ place: place.join('.'), value, server, ours })
      else if (unknownFields.length > 0) {
        const strict = await on.ask('POST', `${path()}?dryRun=All&fieldValidation=Strict`, object)
        const serverFields = [...String(strict.body['message']).matchAll(/unknown field "([^"]+)"/g)].map(
          ([, field]) => field,
        )
        const ourFields = unknownFields.map((field) => field.path)
        if (strict.status !== 400 || !isDeepStrictEqual(serverFields.sort(), ourFields.sort()))
          differences.push({ place: place.join('.'), value, named: serverFields, known: ourFields })
      } else if (settled && !isDeepStrictEqual(settled.spec, answer.body['spec']))
        differences.push({ place: place.join('.'), value, server: answer.body['spec'], ours: settled.spec })
    }
    for (let start = 0; start < sample.length; start += 8) await Promise.all(sample.slice(start, start + 8).map(one))
    expect(differences.slice(0, 10)).toEqual([])
    expect(refusals).toBeGreaterThan(sample.length / 3)
  })
})
