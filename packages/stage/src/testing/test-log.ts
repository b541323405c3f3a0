// The last lines that the services under test have logged, kept until their test has passed.
const limit = 60
let kept: string[] = []

export const keepLine = (line: string): void => {
  kept = [...kept, line].slice(-limit)
}

export const testLog = (): readonly string[] => kept

export const clearTestLog = (): void => {
  kept = []
}
