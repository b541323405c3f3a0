// How much is done ahead of a committed offset? Where a stage has lanes, waiting low messages keep
// the offset back, and higher ones behind them are done. So its offsets are committed with what is
// ahead of them, in their metadata, in front of the name of the database:
//
//   high+340 standard+120 done+95 database 0190a0a0-…
//
// The first unfinished message of the class high is 340 offsets further, that of standard or high
// is 120 further, and 95 messages behind the offset are done. Estimates of waits use it.
// Which messages are consumed follows from the offset alone.
//
// A replica that waits for a processor notes that in the same form, in front of the database:
// `processor+40` is 40 % of its time (processor-wait.ts). Next to it stands `local+1` where the
// stage makes no calls to other systems. Readers pass over names they do not know.

/** By class, and `doneAhead`; what is 0 is absent. */
export type Ahead = ReadonlyMap<string, number>

/** The number of messages behind the offset that are done; no class has this name. */
export const doneAhead = 'done'
/** Percent of its time in which the replica waited for a processor; no class has this name. */
export const processorWaitPercent = 'processor'
/**
 * 1 where the stage calls no other system, so that nothing but its processors, database and Kafka
 * makes it slow; no class has this name.
 */
export const localWork = 'local'

const form = /^([a-z]+)\+(\d{1,15})$/

/** `undefined`: there is nothing to note. */
export function withAhead(metadata: string | undefined, ahead: Ahead): string | undefined {
  const parts = [...ahead].map(([name, count]) => `${name}+${count}`)
  if (metadata !== undefined) parts.push(metadata)
  return parts.length === 0 ? undefined : parts.join(' ')
}

/** Metadata as older versions and others write it says nothing of what is ahead. */
export function readAhead(text: string): { readonly ahead: Ahead; readonly metadata: string } {
  const ahead = new Map<string, number>()
  let rest = text
  while (rest !== '') {
    const end = rest.indexOf(' ')
    const [, name, count] = form.exec(end < 0 ? rest : rest.slice(0, end)) ?? []
    if (name === undefined) break
    ahead.set(name, Number(count))
    rest = end < 0 ? '' : rest.slice(end + 1)
  }
  return { ahead, metadata: rest }
}
