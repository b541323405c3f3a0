// What do the refunds that are due need, whole ones and those of parts?
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import type { Provider } from '../provider/provider.ts'

export interface DueRefundOptions {
  readonly provider: Provider
  readonly now: () => Date
  readonly registry?: Registry | undefined
  readonly logger?: Logger | undefined
}
