// Under which headings do the commands stand in the help? In the order in which they are needed.
export const groups = {
  before: 'Before a pipeline is applied',
  running: 'See how pipelines are doing',
  change: 'Stop and start a pipeline',
  mend: 'See to what went wrong',
} as const
