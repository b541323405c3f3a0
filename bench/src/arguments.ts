// How are the values of options read?
import { InvalidArgumentError } from 'commander'

export function collected(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}

export const whole = upTo(1_000_000)

/** A whole number from 1 on. */
export function upTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= 1 && value <= most) return value
    throw new InvalidArgumentError(`found ${JSON.stringify(text)}; allowed: a whole number from 1 to ${most}`)
  }
}
