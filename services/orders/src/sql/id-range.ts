// In which months are these orders? Their ids begin with the time, so the least and the greatest
// bound the partitions that a statement has to look into. PostgreSQL cannot derive that from `= ANY
// ($1)` while it keeps the plan; from `BETWEEN $2 AND $3` it can.

/** For `BETWEEN`; an empty range of its own kind where there are no ids. */
export function idRange(ids: readonly string[]): readonly [least: string, greatest: string] {
  let [least, greatest] = [ids[0] ?? nil, ids[0] ?? nil]
  for (const id of ids) {
    if (lower(id) < lower(least)) least = id
    if (lower(id) > lower(greatest)) greatest = id
  }
  return [least, greatest]
}

const nil = '00000000-0000-0000-0000-000000000000'
function lower(id: string): string {
  return id.toLowerCase()
}
