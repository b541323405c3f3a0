// Which pipeline runs here, and how does an edit change it? An edit of its file, and one by the
// local API, are checked against the version that runs.
import { CommandError, validation } from '@orderpipeline/cli/embedding'
import type { Validation } from '@orderpipeline/cli/embedding'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { readPipeline } from './act/pipeline-file.ts'
import type { PipelineFile } from './act/pipeline-file.ts'
import { EditRefusedError } from './api/local-api.ts'
import { localPipeline, withLiveSuspension } from './decide/local-pipeline.ts'
import type { LocalObjects } from './objects/local-objects.ts'

export interface LivePipelineOptions {
  readonly file: PipelineFile
  readonly objects: LocalObjects
  readonly print: (line: string) => void
  /** Called after each edit that was carried out. */
  readonly edited: () => void
}

export class LivePipeline {
  readonly #options: LivePipelineOptions
  #current: OrderPipeline
  #complete = (pipeline: OrderPipeline): OrderPipeline => pipeline
  #notes: readonly string[]

  constructor(options: LivePipelineOptions) {
    const { pipeline, notes } = localPipeline(options.file.pipeline)
    this.#options = options
    this.#current = pipeline
    this.#notes = notes
  }

  /**
   * Fills what the file leaves open, now and after each edit. A pipeline that has been through it
   * stays as it is.
   */
  completeWith(complete: (pipeline: OrderPipeline) => OrderPipeline): void {
    this.#complete = complete
    this.#current = complete(this.#current)
  }

  /** As it was last written, without a status. */
  get current(): OrderPipeline {
    return this.#current
  }

  get namespace(): string {
    return this.#current.metadata.namespace ?? 'default'
  }

  /** What differs here from a cluster, each a sentence. */
  get notes(): readonly string[] {
    return this.#notes
  }

  note(text: string): void {
    this.#notes = [...this.#notes, text]
  }

  /** The stored object, with its status. */
  stored(): OrderPipeline | undefined {
    return this.#options.objects.get('OrderPipeline', this.namespace, this.#current.metadata.name) as
      OrderPipeline | undefined
  }

  store(): void {
    this.#options.objects.put({ ...this.#current, metadata: { ...this.#current.metadata } })
  }

  /** A change by the local API. @throws EditRefusedError */
  carryOut(pipeline: OrderPipeline): OrderPipeline {
    const { status: _status, ...requestedPipeline } = pipeline
    const verdict = validation(requestedPipeline, this.stored())
    if (!verdict.accepted) throw new EditRefusedError(refusal(verdict))
    const local = this.#complete(localPipeline(pipeline).pipeline)
    this.#current = local
    const { apiVersion, kind, metadata, spec } = local
    const object = this.#options.objects.put({ apiVersion, kind, metadata, spec })
    this.#options.edited()
    return object as OrderPipeline
  }

  /** The files have changed. One that is refused is printed, and changes nothing. */
  async readFiles(files: readonly string[]): Promise<void> {
    const { file: first, print } = this.#options
    const live = this.stored()
    try {
      const file = await readPipeline(files, live && comparable(live, first.pipeline))
      const { pipeline, notes } = localPipeline(file.pipeline)
      const { name } = this.#current.metadata
      if (pipeline.metadata.name !== name)
        throw new CommandError(
          `metadata.name: found ${pipeline.metadata.name}; it cannot change while ${name} runs: end the command and start it again`,
        )
      const before = JSON.stringify(live?.spec)
      const carried = this.carryOut(withLiveSuspension(pipeline, live, file.saysSuspend))
      if (JSON.stringify(carried.spec) === before) return
      print('The edited file is applied.')
      for (const note of notes) if (!this.#notes.includes(note)) print(`note: ${note}`)
      this.#notes = notes
    } catch (error) {
      if (!(error instanceof CommandError || error instanceof EditRefusedError)) throw error
      print(`The edited file is not applied; the running pipeline stays as it is.\n${error.message}`)
    }
  }
}

function refusal({ unknownFields, causes, problems }: Validation): string {
  return [
    ...unknownFields.map(({ path }) => `unknown field "${path}"`),
    ...causes.map(({ field, message }) => `${field}: ${message}`),
    ...problems.map(({ path, message }) => `${path}: ${message}`),
  ].join('; ')
}

/**
 * The Kafka of this machine stands in for the file's: the rules on what may change compare what the
 * file said with what it says.
 */
function comparable(live: OrderPipeline, file: OrderPipeline): OrderPipeline {
  return {
    ...live,
    spec: { ...live.spec, kafka: file.spec.kafka },
  }
}
