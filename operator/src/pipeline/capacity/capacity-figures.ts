// From which figures is the capacity of the platform calculated? One table: the value of each
// figure, its unit, and where it comes from. They depend on the machine and on the orders of a
// shop, so `orderpipeline capacity --figure <name>=<value>` replaces each of them.

export interface Figure {
  readonly value: number
  readonly unit: string
  readonly source: string
}

const bench = '`npm run bench -- capacity`, orders of one line on two cores'

export const capacityFigures = {
  messageBytes: {
    value: 590,
    unit: 'bytes of a message in a topic, with key, headers and record batch, not compressed',
    source: `${bench}: 526 at full load, and more in smaller record batches`,
  },
  rowsPerOrder: {
    value: 55,
    unit: 'rows of PostgreSQL inserted, updated or deleted for an order until it is shipped',
    source: bench,
  },
  databaseMsPerOrder: {
    value: 1,
    unit: 'milliseconds of a processor core of PostgreSQL for an order until it is shipped',
    source: `${bench}: 0.65 at full load, and more in smaller transactions and for vacuum`,
  },
  databaseCores: {
    value: 2,
    unit: 'processor cores of PostgreSQL',
    source: 'postgresql.resources of charts/order-platform/values-production.yaml',
  },
  gatewayOrders: {
    value: 697,
    unit: 'orders a second that a gateway accepts',
    source: '`npm run bench:sync-async` (README, Measured): one gateway, on two cores with all other parts',
  },
  relayOrders: {
    value: 15_000,
    unit: 'orders a second that the relay publishes; a pipeline has one',
    source: `${bench}: 17,540, rounded down`,
  },
  partitionMegabytes: {
    value: 10,
    unit: 'MB a second that a partition takes',
    source: 'the rule of thumb of Kafka vendors, "10s of MB/s" for a producer; the lowest of them',
  },
  retentionHours: {
    value: 168,
    unit: 'hours that a topic without retentionHours keeps messages',
    source: "Kafka's default of log.retention.hours",
  },
  replicationFactor: {
    value: 3,
    unit: 'copies of a topic without replicationFactor',
    source: 'charts/order-platform with three brokers',
  },
  brokerPartitions: {
    value: 1_000,
    unit: 'partitions of a broker, with the copies that follow',
    source: 'Amazon MSK, best practices for Standard brokers: a large or xlarge broker',
  },
  brokerMegabytes: {
    value: 20,
    unit: 'MB a second that a broker writes, with the copies that follow',
    source: 'an assumption, on the safe side for a broker of two cores',
  },
} as const satisfies Readonly<Record<string, Figure>>

export type FigureName = keyof typeof capacityFigures
export type Figures = Readonly<Record<FigureName, number>>

export const figureNames = Object.keys(capacityFigures) as FigureName[]

export function isFigure(name: string): name is FigureName {
  return Object.hasOwn(capacityFigures, name)
}

/** The values of the table, with those of a shop's own in their place. */
export function figuresWith(own: Partial<Figures> = {}): Figures {
  return {
    ...(Object.fromEntries(figureNames.map((name) => [name, capacityFigures[name].value])) as Figures),
    ...own,
  }
}
