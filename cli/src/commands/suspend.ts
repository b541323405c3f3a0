// `orderpipeline suspend`: stop a pipeline in good order, losing nothing.
import type { CommandDefinition } from '../program.ts'
import { switchAction, switchOptions } from '../suspension/switch.ts'
import { groups } from '../groups.ts'

export const suspend: CommandDefinition = {
  name: 'suspend',
  group: groups.change,
  examples: [
    'orderpipeline suspend shop',
    'orderpipeline suspend shop --wait --timeout 300',
    'orderpipeline suspend shop --within 0',
  ],
  exitCodes: { 0: 'requested; with --wait: no replica runs', 1: 'failed, or not stopped in time' },
  describe: (command, action) => {
    switchOptions(command)
      .option(
        '--within <seconds>',
        'seconds for which stages may drain, 0 to stop them at once; stored in spec.suspension',
      )
      .description('Stop a pipeline: first the gateway, then each stage once its lag is drained')
      .action(switchAction(true, action))
  },
}
