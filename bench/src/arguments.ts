// How are the values of options read?
import { InvalidArgumentError } from 'commander'

export function collected(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}

export function whole(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value
  throw new InvalidArgumentError(`found ${JSON.stringify(text)}; allowed: a whole number from 1 to 1000000`)
}
