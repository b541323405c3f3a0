// What is an operator built from? A configuration, a kubeconfig and a clock; tests and measurements
// replace what takes long.
import type { KubeConfig } from '@kubernetes/client-node'
import type { CallObserver } from '@orderpipeline/kube'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config.ts'
import type { LagReader } from './kafka/lag-reader.ts'
import type { WatchSettings } from './kube/informer.ts'
import type { KafkaAccess } from './pipeline/index.ts'
import type { Clock } from './runtime/clock.ts'
import type { QueueSettings } from './runtime/work-queue.ts'

export interface OperatorParts {
  readonly config: OperatorConfig
  readonly kubeConfig: KubeConfig
  readonly log: Logger
  readonly clock: Clock
  /**
   * For tests and measurements: another way to read lag, every call, other times of the watches.
   */
  readonly lagReaderFor?: (access: KafkaAccess) => LagReader
  readonly observeCall?: CallObserver
  readonly watch?: WatchSettings
  readonly countsMs?: number
  readonly heldMs?: number
  readonly queue?: QueueSettings
}
