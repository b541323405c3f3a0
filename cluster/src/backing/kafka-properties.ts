// How is the one Kafka broker set up? A single KRaft node, with one listener for this machine and,
// in a cluster, one more on an address that pods reach; sized for tests, for the cluster, or for
// `orderpipeline dev` on a developer's machine.

/** `tests`: small, and a PostgreSQL that forgets its last commits when it is killed. */
export type Sizing = 'tests' | 'cluster' | 'dev'

export interface KafkaAddresses {
  /** Clients on this machine connect to 127.0.0.1 here. */
  readonly port: number
  readonly controllerPort: number
  /** A second listener, bound and advertised at this address, such as the pod bridge's. */
  readonly pods?: { readonly host: string; readonly port: number }
  /**
   * One more, by TLS and for users with a password; others may then do what an access-control list
   * allows.
   */
  readonly secured?: SecuredListener
}

export interface SecuredListener {
  /** Bound and advertised: the certificate must be valid for it. */
  readonly host: string
  readonly port: number
  /** The certificate it shows and its key, PEM. */
  readonly certificate: { readonly cert: string; readonly key: string }
  /**
   * Each user may log in by PLAIN and by SCRAM; users that are added to Kafka later, by SCRAM only.
   * A super user may do everything, and so may every client of another listener.
   */
  readonly users: readonly { readonly name: string; readonly password: string; readonly superUser: boolean }[]
  /** A further port for clients with a certificate instead of a password. */
  readonly mutual?: {
    readonly port: number
    /** The authority of the clients' certificates, PEM. */
    readonly ca: string
    /** Subject of the certificate that may do everything, such as `CN=admin`. */
    readonly superUser: string
  }
}

/** A broker that one machine uses for little except trying things out. */
const small = {
  'offsets.topic.num.partitions': 4,
  'transaction.state.log.num.partitions': 2,
  'share.coordinator.state.topic.num.partitions': 2,
  'num.network.threads': 2,
  'num.io.threads': 4,
  'log.cleaner.dedupe.buffer.size': 4 << 20,
} as const

/**
 * What a broker does without a request: each thread of a pool wakes up three times a second, a
 * controller without followers writes a record of nothing twice a second, and the high watermarks
 * of all partitions are written every five seconds, which a single replica does not need after a
 * crash.
 */
const seldomIdle = {
  'num.network.threads': 1,
  'num.io.threads': 2,
  'background.threads': 2,
  'group.coordinator.threads': 1,
  'metadata.max.idle.interval.ms': 0,
  'replica.high.watermark.checkpoint.interval.ms': 60_000,
  'log.cleaner.backoff.ms': 60_000,
} as const

const sized = {
  tests: {
    'group.initial.rebalance.delay.ms': 50,
    // After a crash a broker may register again when its last session is over (9 s by default):
    // tests that kill it wait for that.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    ...small,
  },
  cluster: {
    // Every join stops the whole group, so pods that start together should join together.
    'group.initial.rebalance.delay.ms': 3000,
    'offsets.topic.num.partitions': 12,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.num.partitions': 2,
    'num.network.threads': 3,
    'num.io.threads': 8,
    'log.cleaner.dedupe.buffer.size': 32 << 20,
  },
  dev: {
    // Long enough for replicas that start together to join together, and short compared with the
    // start of the first order.
    'group.initial.rebalance.delay.ms': 200,
    // After a crash the broker is back in seconds.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 1000,
    ...small,
    ...seldomIdle,
  },
} as const

export function kafkaProperties(dataDir: string, addresses: KafkaAddresses, sizing: Sizing): Record<string, string> {
  const { port, controllerPort, pods, secured } = addresses
  const host = [
    `HOST://127.0.0.1:${port}`,
    ...(pods ? [`PODS://${pods.host}:${pods.port}`] : []),
    ...(secured ? [`SECURED://${secured.host}:${secured.port}`] : []),
    ...(secured?.mutual ? [`MUTUAL://${secured.host}:${secured.mutual.port}`] : []),
  ].join(',')
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'HOST',
    listeners: `${host},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': host,
    'listener.security.protocol.map': 'HOST:PLAINTEXT,PODS:PLAINTEXT,SECURED:SASL_SSL,MUTUAL:SSL,CONTROLLER:PLAINTEXT',
    'log.dirs': dataDir,
    'auto.create.topics.enable': false,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // A restart after a crash recovers every partition; there are more than a thousand, and each
    // waits for the disk.
    'num.recovery.threads.per.data.dir': 16,
    // Two indexes per partition are preallocated; ten times smaller ones suffice for segments that
    // live this short.
    'log.index.size.max.bytes': 1 << 20,
    ...sized[sizing],
    ...(secured ? security(secured) : {}),
  }
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, String(value)]))
}

const scramMechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512']

function security({ certificate, users, mutual }: SecuredListener): Record<string, string> {
  const of = 'listener.name.secured'
  const modules = 'org.apache.kafka.common.security'
  const passwords = users.map(({ name, password }) => `user_${name}="${password}"`).join(' ')
  // PLAIN knows only users of the configuration.
  const plain = users.length > 0 ? ['PLAIN'] : []
  return {
    ...keystore(of, certificate),
    ...(mutual
      ? { ...keystore('listener.name.mutual', certificate), ...clientAuthentication('listener.name.mutual', mutual.ca) }
      : {}),
    [`${of}.sasl.enabled.mechanisms`]: [...plain, ...scramMechanisms].join(','),
    ...(plain.length > 0
      ? { [`${of}.plain.sasl.jaas.config`]: `${modules}.plain.PlainLoginModule required ${passwords};` }
      : {}),
    ...Object.fromEntries(
      scramMechanisms.map((mechanism) => [
        `${of}.${mechanism.toLowerCase()}.sasl.jaas.config`,
        `${modules}.scram.ScramLoginModule required;`,
      ]),
    ),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': [
      'ANONYMOUS',
      ...users.filter(({ superUser }) => superUser).map(({ name }) => name),
      ...(mutual ? [mutual.superUser] : []),
    ]
      .map((name) => `User:${name}`)
      .join(';'),
  }
}

/** PEM on one line, as a properties file takes it. */
function line(pem: string): string {
  return pem.replaceAll('\n', '\\n')
}

function keystore(of: string, { cert, key }: SecuredListener['certificate']): Record<string, string> {
  return {
    [`${of}.ssl.keystore.type`]: 'PEM',
    [`${of}.ssl.keystore.certificate.chain`]: line(cert),
    [`${of}.ssl.keystore.key`]: line(key),
  }
}

function clientAuthentication(of: string, ca: string): Record<string, string> {
  return {
    [`${of}.ssl.client.auth`]: 'required',
    [`${of}.ssl.truststore.type`]: 'PEM',
    [`${of}.ssl.truststore.certificates`]: line(ca),
  }
}

/**
 * SCRAM's credentials are part of the cluster's metadata and not of its configuration, so the
 * storage tool receives them.
 */
export function scramCredentials({ users }: SecuredListener): string[] {
  return users.flatMap(({ name, password }) =>
    scramMechanisms.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`]),
  )
}

export function propertiesFile(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
