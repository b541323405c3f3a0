// Where do the CRDs of Strimzi come from without Strimzi's images? Its CRD generator and API
// classes are on Maven Central. They run once per version and write the upstream manifests into the
// cache. The native cluster and the light cluster of tests apply them; kind has Strimzi's own
// chart.
import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import { withFileLock } from '../process/file-lock.ts'
import { run } from '../process/run.ts'
import { silent } from '../progress/progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { thisMachine } from './config.ts'
import type { Machine } from './config.ts'
import { exists } from '../files.ts'
import { findJava } from './java.ts'
import { mavenJars } from './maven.ts'

export const strimziVersion = '1.2.0'

/** The kinds that a pipeline uses, by the class from which each is generated. */
const classes = ['topic.KafkaTopic', 'user.KafkaUser', 'kafka.Kafka', 'nodepool.KafkaNodePool']

/** One YAML document per kind: KafkaTopic, KafkaUser, Kafka, KafkaNodePool. */
export async function strimziCrds(progress: StepProgress = silent, machine: Machine = thisMachine()): Promise<string> {
  const file = join(machine.cacheDir, 'artifacts', `strimzi-crds-${strimziVersion}.yaml`)
  if (!(await exists(file)))
    await withFileLock(`${file}.lock`, async () => {
      if (!(await exists(file))) await generate(file, machine, progress)
    })
  return fs.readFile(file, 'utf8')
}

async function generate(file: string, machine: Machine, progress: StepProgress): Promise<void> {
  const java = await findJava(21, machine, progress)
  const generator = `strimzi-crd-generator-${strimziVersion}`
  const coordinates = ['api', 'crd-generator'].map((artifact) => `io.strimzi:${artifact}:${strimziVersion}`)
  const artifacts = coordinates.map((coordinate) => ({ coordinates: coordinate }))
  const jars = await mavenJars(generator, artifacts, machine, progress)
  progress.note(`generating the CRDs of Strimzi ${strimziVersion}`)
  const work = await fs.mkdtemp(`${file}.`)
  try {
    const outputs = classes.map((name) => ({ name, path: join(work, `${name}.yaml`) }))
    const classOutputs = outputs.map(({ name, path }) => `io.strimzi.api.kafka.model.${name}=${path}`)
    const main = ['-cp', join(jars, '*'), 'io.strimzi.crdgenerator.CrdGenerator']
    await run(java.command, [...main, '--label', 'app:strimzi', '--yaml', ...classOutputs], { timeoutMs: 120_000 })
    const documents = await Promise.all(outputs.map(({ path }) => fs.readFile(path, 'utf8')))
    await fs.writeFile(join(work, 'all.yaml'), documents.map((text) => `${text.trimEnd()}\n`).join('---\n'))
    await fs.rename(join(work, 'all.yaml'), file)
  } finally {
    await fs.rm(work, { recursive: true, force: true })
  }
}
