// How does a piece of work report to the person waiting what it is doing and how long it will take?
// It receives a StepProgress; how this is shown (a spinner, a plain line, not at all) is decided
// elsewhere.

export interface StepProgress {
  /** What is being done just now, a few words. */
  note(text: string): void
  /** How long the whole work typically takes from now, milliseconds: shown as time left. */
  expect(typicalMs: number): void
}

export const silent: StepProgress = { note: () => undefined, expect: () => undefined }
