// How does a piece of work tell the person waiting what it is doing and how long it will take? It
// is given a StepProgress; what is shown of it (a spinner, a plain line, nothing) is not its
// business.

export interface StepProgress {
  /** What is being done just now, a few words. */
  note(text: string): void
  /** How long the whole work typically takes from now, milliseconds: shown as time left. */
  expect(typicalMs: number): void
}

export const silent: StepProgress = { note: () => undefined, expect: () => undefined }
