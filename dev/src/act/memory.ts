// How many processes does the memory of this machine allow? Where the system says how much is
// available, that is looked at before each start; elsewhere the number is bounded beforehand.
import { totalmem } from 'node:os'

/** Memory of one replica itself, with a reserve. */
const replicaBytes = 100 * 2 ** 20

/**
 * Elsewhere the system counts memory as used that it would give away: there the number of processes
 * is bounded beforehand.
 */
export function availableBytes(): number {
  return process.platform === 'linux' ? process.availableMemory() : Infinity
}

export function memoryText(): string {
  return `the machine has ${Math.round(availableBytes() / 2 ** 20)} MiB of free memory: no more replicas start until more is free`
}

/**
 * Where the system does not say how much memory can be had, as many as fit into most of what there
 * is.
 */
export function processLimit(requestedLimit: number): number {
  return process.platform === 'linux'
    ? requestedLimit
    : Math.min(requestedLimit, Math.floor((totalmem() * 0.6) / replicaBytes))
}
