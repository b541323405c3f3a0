// With which certificates and password does the operator connect to a Kafka cluster? They are read
// from the pipeline's Secrets each time a connection opens, and only that connection holds them.
import type { KafkaSecurity } from '@orderpipeline/kafka-admin'
import type { Resource } from '../api/index.ts'
import { ApiError } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import type { KafkaAccess, SecretKey } from '../pipeline/index.ts'

/** A Secret cannot be used. Names it and its key, never what it holds. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
  readonly reason: 'SecretNotFound' | 'SecretForbidden'
  readonly retry = true

  constructor(reason: CredentialsError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

const secrets: Resource = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' }

export async function credentials(kube: Pick<Kube, 'get'>, access: KafkaAccess): Promise<KafkaSecurity> {
  const { namespace, tls, sasl } = access
  const read = new Map<string, Promise<Readonly<Record<string, string>>>>()
  const value = async ({ name, key }: SecretKey): Promise<string> => {
    const data = read.get(name) ?? secretData(kube, namespace, name)
    read.set(name, data)
    const encoded = (await data)[key]
    if (encoded === undefined)
      throw new CredentialsError(
        'SecretNotFound',
        `Secret ${name} has no key ${key}, which is needed to connect to Kafka`,
      )
    return Buffer.from(encoded, 'base64').toString('utf8')
  }
  return {
    ...(tls
      ? {
          tls: {
            ...(tls.ca ? { ca: await value(tls.ca) } : {}),
            ...(tls.client
              ? { client: { certificate: await value(tls.client.certificate), key: await value(tls.client.key) } }
              : {}),
          },
        }
      : {}),
    ...(sasl
      ? {
          sasl: {
            mechanism: sasl.mechanism,
            username: typeof sasl.username === 'string' ? sasl.username : await value(sasl.username),
            password: await value(sasl.password),
          },
        }
      : {}),
  }
}

async function secretData(
  kube: Pick<Kube, 'get'>,
  namespace: string,
  name: string,
): Promise<Readonly<Record<string, string>>> {
  try {
    const secret = await kube.get(secrets, namespace, name)
    if (secret) return (secret as { readonly data?: Readonly<Record<string, string>> }).data ?? {}
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 403) throw error
    const how = 'set kafkaSecrets.read in its chart, or grant it get on this Secret alone'
    throw new CredentialsError('SecretForbidden', `the operator may not read Secret ${name}: ${how}`)
  }
  throw new CredentialsError('SecretNotFound', `there is no Secret ${name}, which is needed to connect to Kafka`)
}
