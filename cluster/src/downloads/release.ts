// What is the release of a tool, as data? Files that its project publishes, and what is in them.

export interface Artifact {
  readonly url: string
  /** Official address of the file with its sum. */
  readonly sums: string
  /** Executables: name → path in the archive; a file that is no archive is one executable. */
  readonly executables: Readonly<Record<string, string>> | string
}

export interface Release {
  readonly artifacts: readonly Artifact[]
  /**
   * The tool is several executables, each of which is the program that its name says; see
   * launcher.ts.
   */
  readonly programs?: true
}
