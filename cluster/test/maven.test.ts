// What does a person read where Maven cannot fetch the jars of Kafka? Maven itself fails here: its
// proxy is an address where nothing serves, and its repository is empty.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { thisMachine } from '../src/backing/config.ts'
import { mavenJars } from '../src/backing/maven.ts'
import { silent } from '../src/progress/progress.ts'
import { ToolMissingError } from '../src/tools/errors.ts'

let cacheDir: string
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'orderpipeline-no-maven-'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(cacheDir, { recursive: true, force: true })
})

it('says what Maven could not fetch, why, and what to do, and leaves nothing that looks fetched', async () => {
  const proxy = ['http', 'https'].map((scheme) => `-D${scheme}.proxyHost=127.0.0.1 -D${scheme}.proxyPort=9`)
  vi.stubEnv('MAVEN_OPTS', [`-Dmaven.repo.local=${join(cacheDir, 'm2')}`, ...proxy].join(' '))
  const artifacts = [{ coordinates: 'org.slf4j:slf4j-simple:1.7.36' }]
  const error = await mavenJars('logging', artifacts, { ...thisMachine(), cacheDir }, silent).catch(
    (cause: unknown) => cause,
  )
  expect(error).toBeInstanceOf(ToolMissingError)
  const lines = String(error).split('\n')
  expect(lines[0]).toBe(
    'ToolMissingError: The jars of logging could not be fetched from Maven Central (mvn ended with 1):',
  )
  expect(lines[1]).toMatch(/^\[ERROR\] .*maven-dependency-plugin.*Connect(ion)? .*refused/)
  expect(lines.at(-1)).toMatch(/^ ?Check that Maven reaches its repository .* run the same command again/)
  expect(await readdir(join(cacheDir, 'logging'))).toEqual([])
})
