// How does a command connect to a pipeline's Kafka? By its options or the variables of the stage
// contract; else as the pipeline in the cluster says, with the Secrets that it names.
import { kafkaVariables } from '@orderpipeline/kafka'
import type { KafkaConfig } from '@orderpipeline/kafka'
import { ConfigError, readConfig } from '@orderpipeline/config'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { kafkaAccess } from '@orderpipeline/operator/pipeline'
import type { SecretKey } from '@orderpipeline/operator/pipeline'
import { z } from 'zod'
import { CommandError } from '../failure.ts'
import type { ApiServer } from '../kube/api-server.ts'
import { connect } from '../kube/connection.ts'
import type { ConnectOptions } from '../kube/connection.ts'
import { namespacePath, getPipeline } from '../kube/pipelines.ts'
import type { List } from '../kube/pipelines.ts'
import type { ClientEnvironment } from '../environment.ts'

export interface KafkaConnectionOptions extends ConnectOptions {
  readonly namespace?: string
  readonly bootstrapServers?: string
}

/** @throws CommandError */
export async function kafkaConfigFor(
  environment: ClientEnvironment,
  options: KafkaConnectionOptions,
  pipeline: string,
): Promise<KafkaConfig> {
  const variables = { ...environment.kafkaVariables }
  if (options.bootstrapServers !== undefined) variables['KAFKA_BOOTSTRAP_SERVERS'] = options.bootstrapServers
  if (variables['KAFKA_BOOTSTRAP_SERVERS']) return checked(variables)
  const kube = await connect(environment, options)
  return kafkaConfigOf(kube, await getPipeline(kube, options.namespace ?? kube.namespace, pipeline))
}

/** As the pipeline in the cluster says. @throws CommandError */
export async function kafkaConfigOf(kube: Pick<ApiServer, 'get'>, pipeline: OrderPipeline): Promise<KafkaConfig> {
  return checked(await kafkaVariablesOf(kube, pipeline))
}

function checked(variables: Readonly<Record<string, string | undefined>>): KafkaConfig {
  try {
    return readConfig(z.object(kafkaVariables), variables)
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.message, { cause: error })
    throw error
  }
}

/**
 * The variables a stage of this pipeline has, with addresses that mean something outside the
 * cluster.
 */
export async function kafkaVariablesOf(
  kube: Pick<ApiServer, 'get'>,
  pipeline: OrderPipeline,
): Promise<Record<string, string>> {
  const { tls, sasl, namespace, bootstrapServers } = kafkaAccess(pipeline, 'svc')
  const secret = (key: SecretKey) => secretText(kube, namespace, key)
  return {
    KAFKA_BOOTSTRAP_SERVERS:
      'external' in pipeline.spec.kafka
        ? bootstrapServers
        : await behindService(kube, namespace, pipeline.spec.kafka.strimziCluster, bootstrapServers),
    KAFKA_SECURITY_PROTOCOL: `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`,
    ...(tls?.ca ? { KAFKA_TLS_CA: await secret(tls.ca) } : {}),
    ...(tls?.client
      ? { KAFKA_TLS_CERTIFICATE: await secret(tls.client.certificate), KAFKA_TLS_KEY: await secret(tls.client.key) }
      : {}),
    ...(sasl
      ? {
          KAFKA_SASL_MECHANISM: sasl.mechanism,
          KAFKA_SASL_USERNAME: typeof sasl.username === 'string' ? sasl.username : await secret(sasl.username),
          KAFKA_SASL_PASSWORD: await secret(sasl.password),
        }
      : {}),
  }
}

interface EndpointSlice {
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[]
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[]
}

interface Service {
  readonly spec?: { readonly ports?: readonly { readonly name?: string; readonly port: number }[] }
}

/**
 * The addresses behind the bootstrap Service: from outside the cluster its name means nothing, and
 * they may be reachable.
 */
async function behindService(
  kube: Pick<ApiServer, 'get'>,
  namespace: string,
  cluster: string,
  bootstrapServers: string,
): Promise<string> {
  const name = `${cluster}-kafka-bootstrap`
  const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`)
  const [service, slices] = await Promise.all([
    kube.get<Service>(`${namespacePath('v1', namespace)}/services/${encodeURIComponent(name)}`),
    kube.get<List<EndpointSlice>>(
      `${namespacePath('discovery.k8s.io/v1', namespace)}/endpointslices?labelSelector=${selector}`,
    ),
  ])
  const servicePort = Number(bootstrapServers.split(':').at(-1))
  // A Service and what is behind it may have different numbers for a port; its name is the same.
  const listener = service?.spec?.ports?.find(({ port }) => port === servicePort)?.name
  const addresses = (slices?.items ?? []).flatMap(({ endpoints, ports }) => {
    const { port = servicePort } = ports?.find((one) => (one.name ?? '') === (listener ?? '')) ?? {}
    return (endpoints ?? []).flatMap(({ addresses }) => addresses.map((address) => `${address}:${port}`))
  })
  return addresses.length > 0 ? addresses.join(',') : bootstrapServers
}

async function secretText(kube: Pick<ApiServer, 'get'>, namespace: string, { name, key }: SecretKey): Promise<string> {
  const secret = await kube.get<{ readonly data?: Readonly<Record<string, string>> }>(
    `${namespacePath('v1', namespace)}/secrets/${encodeURIComponent(name)}`,
  )
  const text = secret?.data?.[key]
  if (text !== undefined) return Buffer.from(text, 'base64').toString()
  throw new CommandError(`The Secret ${namespace}/${name} ${secret ? `has no key ${key}` : 'does not exist'}.`, {
    advice: 'The pipeline names it for Kafka; set KAFKA_BOOTSTRAP_SERVERS and the related variables instead.',
  })
}

/** What to do where Kafka does not answer. */
export const unreachableAdvice = `Clients reach brokers at the addresses that the brokers advertise. From outside their network name a
listener that you can reach with --bootstrap-servers (or KAFKA_BOOTSTRAP_SERVERS, with KAFKA_SECURITY_PROTOCOL, KAFKA_TLS_CA and
KAFKA_SASL_… as for a stage), or run the command in the cluster. With a single broker a port-forward works, too: kubectl port-forward
service/<cluster>-kafka-bootstrap 9092, and its advertised name for 127.0.0.1 in /etc/hosts.`
