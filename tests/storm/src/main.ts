// npm run test:storm: several faults at once, for a long time, on a PostgreSQL and a Kafka of its
// own.
import { createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessHost, persistedPorts, startKafka, startPostgres } from '@orderpipeline/cluster/testing'
import { progressLine, summary } from './report.ts'
import type { Sample } from './samples.ts'
import { settingsOf, SettingsError, usage } from './settings.ts'
import type { Settings } from './settings.ts'
import { runStorm } from './storm.ts'
import type { StormOutcome } from './storm.ts'

const sampleEveryMs = 5_000
const sayEveryMs = 15_000
const partitions = 12

function say(line: string): void {
  void process.stderr.write(`${line}\n`)
}

async function raise(settings: Settings): Promise<StormOutcome> {
  const report = settings.report ?? join(tmpdir(), `orderpipeline-storm-${settings.seed}.jsonl`)
  const [lines, output] = [createWriteStream(report), createWriteStream(`${report}.log`)]
  say(`STORM_SEED=${settings.seed}, ${settings.orders} orders, ${settings.minutes} minutes of faults`)
  say(`samples go to ${report}`)
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-storm-'))
  await chmod(dir, 0o711) // PostgreSQL's own user must be able to pass
  const host = inProcessHost(join(dir, 'processes'))
  const ports = persistedPorts(join(dir, 'ports.json'))
  let lastPrinted: Sample | undefined
  let nextLineMs = 0
  try {
    const [postgres, kafka] = await Promise.all([
      startPostgres(host, { dir: join(dir, 'postgres'), port: await ports.port('postgres'), sizing: 'cluster' }),
      startKafka(host, {
        dir: join(dir, 'kafka'),
        port: await ports.port('kafka'),
        controllerPort: await ports.port('kafka-controller'),
        sizing: 'cluster',
      }),
    ])
    return await runStorm({
      ...settings,
      postgresUrl: postgres.adminUrl,
      kafkaBootstrap: kafka.bootstrapServers,
      ...{ partitions, sampleEveryMs, say },
      onOutput: (name, text) => void output.write(text.replaceAll(/^(?=.)/gm, `${name} `)),
      onSample: (sample) => {
        lines.write(`${JSON.stringify(sample)}\n`)
        if (performance.now() < nextLineMs) return
        nextLineMs = performance.now() + sayEveryMs - sampleEveryMs / 2
        say(progressLine(sample, lastPrinted, settings.minutes * 60))
        lastPrinted = sample
      },
    })
  } finally {
    await host.close()
    await rm(dir, { recursive: true, force: true })
    await Promise.all([lines, output].map((stream) => new Promise((resolve) => stream.end(resolve))))
  }
}

// On `exit` the processes of the storm end, too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

try {
  const settings = settingsOf(process.env, process.argv.slice(2), Math.random)
  if (settings.help) process.stdout.write(usage)
  else {
    const outcome = await raise(settings)
    process.stdout.write(
      settings.json ? `${JSON.stringify({ seed: settings.seed, ...outcome })}\n` : `${summary(outcome)}\n`,
    )
    process.exitCode = outcome.problems.length === 0 ? 0 : 1
  }
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  say(error.message)
  process.exitCode = 2
}
