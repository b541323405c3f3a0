// The last lines that the services under test have logged, kept until their test has passed.
const limit = 60
let lines: string[] = []

export const keepLine = (line: string): void => {
  lines = [...lines, line].slice(-limit)
}

export const testLog = (): readonly string[] => lines

export const clearTestLog = (): void => {
  lines = []
}
