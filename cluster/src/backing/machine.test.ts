import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { silent } from '../progress/progress.ts'
import { ToolMissingError } from '../tools/errors.ts'
import { machineOf } from './config.ts'
import { findJava, majorOf } from './java.ts'
import { pom } from './maven.ts'
import { ownerIn } from './postgres-native.ts'

describe('the machine', () => {
  it('treats an empty variable as unset, and names a wrong one', () => {
    expect(machineOf({ JAVA_HOME: '', PATH: '/bin' })).toMatchObject({ javaHome: undefined, path: '/bin' })
    expect(() => machineOf({ JAVA_HOME: 'java' })).toThrow('JAVA_HOME: found "java"; allowed: an absolute path')
  })

  it('reads the major version of Java from its output', () => {
    expect(['1.8.0_402', '17.0.15', '25', '21-ea'].map(majorOf)).toEqual([8, 17, 25, 21])
  })

  it('names the Javas it has and how to get another where none is new enough and Python brings none', async () => {
    const cacheDir = join(tmpdir(), `orderpipeline-no-java-${process.pid}`)
    const failure = await findJava(1_000, { cacheDir, path: '/nowhere', javaHome: undefined }, silent).catch(
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(ToolMissingError)
    expect(String(failure)).toMatch(
      /^ToolMissingError: Java 1000 or newer is needed, found: .+\. Install one .+ or set JAVA_HOME\.$/,
    )
  })

  it('finds the user that PostgreSQL runs as', () => {
    const passwd = 'root:x:0:0::/root:/bin/sh\npostgres:x:101:104:admin,,,:/var/lib/postgresql:/bin/bash\n'
    expect(ownerIn(passwd, 'postgres')).toEqual({ uid: 101, gid: 104 })
    expect(ownerIn(passwd, 'nobody')).toBeUndefined()
  })

  it('omits unpublished dependencies of a Maven project', () => {
    const text = pom('kafka', [{ coordinates: 'a:b:1', exclusions: ['c:d'] }])
    expect(text).toContain('<groupId>a</groupId><artifactId>b</artifactId><version>1</version>')
    expect(text).toContain('<exclusion><groupId>c</groupId><artifactId>d</artifactId></exclusion>')
  })
})
