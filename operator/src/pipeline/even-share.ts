// Which number of replicas shares the partitions evenly enough? 100 partitions make four for most
// of 29 replicas and three for the others: where the average has room, those with four may have
// none, and their backlog grows. A few replicas more, 34 here, have three at most.

export interface TopicLoad {
  readonly partitions: number
  readonly arrivalsPerSecond: number
}

/** Part of a replica's time that arrivals may fill where the average of all replicas has room. */
const fullShare = 0.95
/** More replicas than that are too many for an even share. */
const mostMore = 1.15

/**
 * Messages a second that come to the replica with the most partitions of the busiest topic, with
 * keys spread evenly.
 */
export function mostLoaded(topics: readonly TopicLoad[], replicas: number): number {
  const total = topics.reduce((sum, { arrivalsPerSecond }) => sum + arrivalsPerSecond, 0)
  const excess = topics.map(({ partitions, arrivalsPerSecond }) => {
    const share = partitions === 0 ? 0 : Math.ceil(partitions / replicas) / partitions
    return arrivalsPerSecond * (share - 1 / replicas)
  })
  return total / replicas + Math.max(0, ...excess)
}

/** `needed`, or a few more, with which no replica gets more than it handles. */
export function evenReplicas(needed: number, topics: readonly TopicLoad[], replicaPerSecond: number): number {
  const fits = (replicas: number): boolean => mostLoaded(topics, replicas) <= fullShare * replicaPerSecond
  const least = Math.max(1, Math.ceil(needed - 1e-9))
  for (let replicas = least; replicas <= Math.ceil(needed * mostMore); replicas += 1)
    if (fits(replicas)) return replicas === least ? needed : replicas
  return needed
}
