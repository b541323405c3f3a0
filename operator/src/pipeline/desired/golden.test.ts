// Does each example become exactly the objects on file? To change them on purpose, run
// operator/test/golden/update.ts.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { cases, objectsOf } from '../../../test/golden/cases.ts'

describe('the objects of a pipeline', () => {
  it.each(cases)('equal those on file for $name', ({ pipeline, objects }) => {
    const onFile = parseAllDocuments(readFileSync(objects, 'utf8')).map((document) => document.toJS() as unknown)
    expect(objectsOf(pipeline)).toEqual(onFile)
  })
})
