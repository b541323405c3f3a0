// On what was it measured? The machine, the versions, and how durable the servers were, as they
// themselves say.
import { cpus, release, totalmem } from 'node:os'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kafkaVersion } from '@orderpipeline/cluster/testing'
import { createPool } from '@orderpipeline/postgres'
import { z } from 'zod'
import { redisFacts } from './bullmq/redis.ts'
import type { Ground, Servers } from './comparison.ts'

const facts = z.record(z.string(), z.string())

/** Each: what it is → its value as text. */
export const environmentShape = z.object({ machine: facts, versions: facts, durability: facts })

export type Environment = Readonly<z.infer<typeof environmentShape>>

const root = join(import.meta.dirname, '../../..')
/** Those whose versions decide figures. */
const libraries = ['fastify', 'kafkajs', 'bullmq', 'ioredis', 'pg', 'undici'] as const

export async function environmentOn(ground: Ground): Promise<Environment> {
  const servers = await ground.servers()
  try {
    return await environmentOf(servers)
  } finally {
    await servers.close()
  }
}

async function environmentOf(servers: Servers): Promise<Environment> {
  const [postgres, redis, locked] = [
    await postgresFacts(servers.adminUrl),
    await redisFacts(await servers.redis()),
    await lockedVersions(),
  ]
  return {
    machine: {
      CPU: cpus()[0]?.model.trim() ?? 'unknown',
      cores: String(cpus().length),
      memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
      kernel: release(),
    },
    versions: {
      'Node.js': process.versions.node,
      PostgreSQL: postgres.version,
      Kafka: kafkaVersion,
      Redis: redis.version,
      ...locked,
    },
    durability: {
      PostgreSQL: postgres.durability,
      Kafka: 'one broker, acks=all, idempotent producers',
      Redis: redis.durability,
    },
  }
}

async function postgresFacts(adminUrl: string) {
  const role = decodeURIComponent(new URL(adminUrl).username)
  const pool = createPool({ url: adminUrl, role, schema: 'public', size: 1 })
  try {
    const setting = async (name: string): Promise<string> => {
      const [row] = await pool.query<{ value: string }>({ name: '', text: 'SELECT current_setting($1) AS value' }, [
        name,
      ])
      return row?.value ?? 'unknown'
    }
    const names = ['fsync', 'synchronous_commit', 'full_page_writes']
    const settings = await Promise.all(names.map(async (name) => `${name} ${await setting(name)}`))
    return { version: await setting('server_version'), durability: settings.join(', ') }
  } finally {
    await pool.close()
  }
}

async function lockedVersions(): Promise<Record<string, string>> {
  const lock = z
    .object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) })
    .parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')))
  return Object.fromEntries(
    libraries.map((name) => [name, lock.packages[`node_modules/${name}`]?.version ?? 'unknown']),
  )
}
