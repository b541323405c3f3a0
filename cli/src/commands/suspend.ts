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
  exitCodes: { 0: 'asked for; with --wait: no replica is left', 1: 'not so in time, or failed' },
  describe: (command, action) => {
    switchOptions(command)
      .option('--within <seconds>', 'how long stages may drain, 0 to stop them at once; kept in spec.suspension')
      .description('Stop a pipeline: the gateway first, the stages when they have nothing left to do')
      .action(switchAction(true, action))
  },
}
