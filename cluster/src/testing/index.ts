// How does a test reach the real components that the run has started? By these functions; naming
// one is what makes the run start the component.
import { inject } from 'vitest'
import type { ProvidedContext } from 'vitest'
import type { Component } from './needs.ts'
import type { SecuredKafka } from './secured-kafka.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /**
     * Path of an administrator's kubeconfig for a real API server without nodes, with the product's
     * CRDs.
     */
    kubeconfig: string
    /** The superuser's URL; make a database of your own. */
    postgresUrl: string
    /** `host:port`; use topics of your own. */
    kafkaBootstrap: string
    /** The same Kafka by TLS and password; clients of `kafkaBootstrap` may do everything. */
    securedKafka: SecuredKafka
  }
}

export function kubeconfig() {
  return provided('kubeconfig')
}
export function postgresUrl() {
  return provided('postgresUrl')
}
export function kafkaBootstrap() {
  return provided('kafkaBootstrap')
}
export function securedKafka() {
  return provided('securedKafka')
}
export { blocksOf, formOf, shownOn, type Output } from './page-blocks.ts'
export { environmentFor, type SecuredKafka } from './secured-kafka.ts'

function provided<Name extends Component>(name: Name): ProvidedContext[Name] {
  const value = inject(name) as ProvidedContext[Name] | undefined
  if (value !== undefined) return value
  throw new Error(`This run has started no ${name}: neither the test file nor a file in its folder names it.`)
}

export { startLightCluster, type LightCluster, type LightOptions } from '../control-plane/light.ts'
export { startTlsProxy, type TlsProxy } from './tls-proxy.ts'
export { inProcessHost } from '../process/in-process-host.ts'
export { freePort, persistedPorts } from '../process/ports.ts'
export { ensureDebianPackages } from '../tools/index.ts'
export { installedKeda, kedaOperatorProcess } from './keda.ts'
export { testGoProgram } from '../tools/go-program.ts'
export { kafkaVersion } from '../backing/kafka-install.ts'
export {
  kafkaCertificate,
  startKafka,
  startPgbouncer,
  startPostgres,
  startPrometheus,
  startRedis,
} from '../backing/index.ts'
