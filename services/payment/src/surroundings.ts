// What does the work of a periodic task get of the stage?
import type { PeriodicTaskContext } from '@orderpipeline/stage'

export type Surroundings = Pick<PeriodicTaskContext, 'database' | 'publish' | 'stopping'>
