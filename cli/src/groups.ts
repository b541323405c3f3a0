// Under which headings do the commands stand in the help? In the order in which they are needed.
export const groups = {
  before: 'Before a pipeline is applied',
  running: 'Observe pipelines',
  change: 'Stop and start a pipeline',
  mend: 'Recover from failures',
} as const
