// What do tests of stages stand on? Never part of a program.
export { stageBench, type Bench, type BenchOptions, type TestStage } from './bench.ts'
export { testDatabase, type TestDatabase, type TestDatabaseOptions } from './database.ts'
export { consumedTopics, shopStages, shopTopics, type ShopStage } from './shop.ts'
export { cancelledEvent, placedEvent, reservedEvent, testOrder, validatedEvent, type TestOrder } from './orders.ts'
export { until } from './until.ts'
export { testLogger } from './test-logger.ts'
