// The payment stage's process.
import { runStageProcess } from '@orderpipeline/kit-stage'
import { providerOptions } from './config.ts'
import { paymentStage } from './definition.ts'
import { createProvider } from './provider.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) =>
  paymentStage(createProvider(providerOptions(process.env)), context),
)
