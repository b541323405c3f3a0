// Which clients may use the tests' Kafka by its secured listeners? By password two users under an
// authority of this run's own: one that may do everything, and one without any permission. By a
// client certificate one that may do everything.
import { randomBytes } from 'node:crypto'
import type { SecuredListener } from '../backing/kafka-properties.ts'
import { issue, newAuthority } from '../certificates/certificates.ts'

export interface SecuredKafka {
  readonly bootstrapServers: string
  /** Certificate of the authority that signed the broker's certificate, PEM. */
  readonly ca: string
  readonly admin: Login
  /** Can log in, and is refused whatever it asks. */
  readonly stranger: Login
  /** Another listener, for clients with a certificate and no password. */
  readonly mutual: {
    readonly bootstrapServers: string
    readonly client: { readonly certificate: string; readonly key: string }
  }
}

/** The environment with which a stage connects to it. */
export function environmentFor({ bootstrapServers, ca, admin }: SecuredKafka): Record<string, string> {
  return {
    KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_TLS_CA: ca,
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: admin.username,
    KAFKA_SASL_PASSWORD: admin.password,
  }
}

export interface Login {
  readonly username: string
  readonly password: string
}

export async function securedListener(
  port: number,
  mutualPort: number,
  now: Date,
): Promise<{ listener: SecuredListener; access: SecuredKafka }> {
  const authority = await newAuthority('kafka-test', now)
  const serves = { dns: ['localhost'], ip: ['127.0.0.1'] }
  const certificate = await issue(authority, { commonName: 'kafka', serves }, now)
  const login = (username: string): Login => ({ username, password: randomBytes(12).toString('hex') })
  const [admin, stranger] = [login('admin'), login('stranger')]
  const users = [admin, stranger].map(({ username, password }) => ({
    name: username,
    password,
    superUser: username === admin.username,
  }))
  const client = await issue(authority, { commonName: 'client' }, now)
  const mutual = { port: mutualPort, ca: authority.cert, superUser: 'CN=client' }
  return {
    listener: { host: '127.0.0.1', port, certificate, users, mutual },
    access: {
      ...{ bootstrapServers: `127.0.0.1:${port}`, ca: authority.cert, admin, stranger },
      mutual: {
        bootstrapServers: `127.0.0.1:${mutualPort}`,
        client: { certificate: client.cert, key: client.key },
      },
    },
  }
}
