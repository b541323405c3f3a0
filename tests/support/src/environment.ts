// Which environment does each service of the shop get, wherever its database, its Kafka and
// whatever else it works with are?
import { consumedTopics } from '@orderpipeline/stage/testing'
import type { ShopStage } from '@orderpipeline/stage/testing'

export type Environment = Readonly<Record<string, string>>

export interface Places {
  readonly databaseUrl: string
  readonly kafkaBootstrap: string
  /** Prefix of topics and groups. */
  readonly prefix: string
}

export function mainOf(service: string): string {
  return new URL(`../../../services/${service}/src/main.ts`, import.meta.url).pathname
}

export function serviceEnvironment({ databaseUrl, kafkaBootstrap, prefix }: Places): Environment {
  return {
    METRICS_PORT: '0',
    LOG_LEVEL: 'warn',
    ORDERPIPELINE_PIPELINE: prefix.slice(0, -1),
    DATABASE_URL: databaseUrl,
    KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap,
    KAFKA_TOPIC_PREFIX: prefix,
  }
}

export function stageEnvironment(name: ShopStage, prefix: string): Environment {
  return {
    ORDERPIPELINE_STAGE: name,
    KAFKA_GROUP_ID: prefix + name,
    KAFKA_REBALANCE_TIMEOUT_SECONDS: '5', // for one that was killed
    KAFKA_CONSUME_TOPICS: consumedTopics[name].map((topic) => prefix + topic).join(),
    KAFKA_DEAD_LETTER_TOPIC: `${prefix}${name}.dead-letters`,
  }
}

export function mailEnvironment(smtpUrl: string): Environment {
  return {
    SMTP_URL: smtpUrl,
    MAIL_FROM: 'shop@shop.test',
    MAIL_CHECK_SECONDS: '0.3',
    MAIL_TIMEOUT_SECONDS: '1',
  }
}

export function gatewayEnvironment(port: number): Environment {
  return {
    HTTP_PORT: String(port),
    AUTH: 'none',
    RELAY_TAKE_OVER_SECONDS: '0.2',
    RELAY_POLL_SECONDS: '0.5',
    DRAIN_LINGER_SECONDS: '0',
  }
}
