// Which work begins next? The one that became ready first.

/** What is ready waits here for a slot. */
export interface ReadyQueue<Item> {
  readonly length: number
  push(item: Item): void
  /** The next one, which is removed. */
  shift(): Item | undefined
}

/** Array.shift() copies what remains; this copies once in a while. */
export function fifo<Item>(): ReadyQueue<Item> {
  const items: Item[] = []
  let head = 0
  return {
    get length() {
      return items.length - head
    },
    push: (item: Item): void => void items.push(item),
    shift: (): Item | undefined => {
      const item = items[head]
      if (head < items.length) head++
      if (head > 1_000 && head * 2 > items.length) {
        items.splice(0, head)
        head = 0
      }
      return item
    },
  }
}
