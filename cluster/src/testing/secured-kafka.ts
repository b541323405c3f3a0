// Who may enter the tests' Kafka by its secured listener? Two users under an authority of this run's own: one that may do
// everything, and one that nobody has allowed anything.
import { randomBytes } from 'node:crypto'
import type { SecuredListener } from '../backing/kafka-properties.ts'
import { issue, newAuthority } from '../control-plane/certificates.ts'

export interface SecuredKafka {
  readonly bootstrapServers: string
  /** Of the authority that signed the broker's certificate, PEM. */
  readonly ca: string
  readonly admin: Login
  /** Can log in, and is refused whatever it asks. */
  readonly stranger: Login
}

/** What a stage's environment says to enter it. */
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
  return {
    listener: { host: '127.0.0.1', port, certificate, users },
    access: { bootstrapServers: `127.0.0.1:${port}`, ca: authority.cert, admin, stranger },
  }
}
