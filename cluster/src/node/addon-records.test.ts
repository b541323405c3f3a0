// Does every add-on's record fit its manifest?
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { addonNames, addonOf, addonPrograms, programsOf } from './addon-records.ts'
import { manifestFile } from './addons.ts'
import { containersOf, objectsOf } from './objects.ts'

const own = addonNames.filter((name) => addonOf(name).manifests !== 'keda')

it.each(own)('%s: its containers have the names of its programs, and its manifest has its Services', (name) => {
  const objects = objectsOf(readFileSync(manifestFile(addonOf(name).manifests), 'utf8'))
  expect(objects.flatMap(containersOf).map((container) => container.name)).toEqual(programsOf(name))
  const namesOf = (kind: string) => objects.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name)
  expect(namesOf('Deployment')).toEqual(addonOf(name).deployments)
  expect(namesOf('APIService')).toEqual(addonOf(name).apis)
})

it('no two add-ons share a program', () => {
  expect(new Set(addonPrograms).size).toBe(addonPrograms.length)
})
