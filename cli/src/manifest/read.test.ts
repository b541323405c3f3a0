import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { onePipelineIn, pipelinesIn } from './read.ts'

const folder = mkdtempSync(join(tmpdir(), 'manifest-'))
afterAll(() => rmSync(folder, { recursive: true }))
function file(text: string): string {
  const path = join(folder, 'file.yaml')
  writeFileSync(path, text)
  return path
}

it('reads scalars as kubectl does, not as YAML 1.2 does', async () => {
  const text =
    'kind: OrderPipeline\nspec: { a: yes, b: off, c: 1e3, d: 12:30, e: 2026-01-01, f: "yes", g: 0o14, h: 014, i: ~ }'
  expect(await pipelinesIn(file(text))).toMatchObject([
    { spec: { a: true, b: false, c: 1000, d: '12:30', e: '2026-01-01', f: 'yes', h: 12, i: null } },
  ])
})

it('resolves anchors and merge keys, and ignores other kinds', async () => {
  const text = 'kind: ConfigMap\n---\nkind: OrderPipeline\nx: &x { a: 1 }\nz: { <<: *x, b: 2 }'
  expect(await pipelinesIn(file(text))).toMatchObject([{ z: { a: 1, b: 2 } }])
})

it('refuses a duplicate key, and any number of pipelines but one where one is expected', async () => {
  await expect(pipelinesIn(file('kind: OrderPipeline\nkind: OrderPipeline'))).rejects.toThrow(/Map keys must be unique/)
  await expect(onePipelineIn(file('kind: ConfigMap'))).rejects.toThrow(/holds 0 OrderPipelines; allowed: one/)
  await expect(onePipelineIn(file('kind: OrderPipeline\n---\nkind: OrderPipeline'))).rejects.toThrow(/holds 2 /)
})

it.each([300, 20_000])(
  'refuses a document that is nested %i levels deep, with the name of the file and without an overflow',
  async (levels) => {
    const text = `kind: OrderPipeline\nspec: ${'['.repeat(levels)}${']'.repeat(levels)}`
    await expect(pipelinesIn(file(text))).rejects.toThrow(
      /file\.yaml is nested too deeply; allowed: at most 200 levels/,
    )
  },
)
