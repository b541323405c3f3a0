// What do other parts use to run processes, and to report on them?
export type { Probe, ProcessHost, ProcessSpec, ProcessStatus } from './host.ts'
export { inProcessHost } from './in-process-host.ts'
export { supervisedHost, runningHost, recordedDeaths } from './supervisor/client.ts'
export { freePort, isFree, persistedPorts, reservedPort, type Ports, type ReservedPort } from './ports.ts'
export { ProcessError } from './errors.ts'
export type { Death } from './process-table.ts'
