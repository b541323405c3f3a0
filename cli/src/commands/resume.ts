// `orderpipeline resume`: start a suspended pipeline where it left off.
import type { CommandDefinition } from '../program.ts'
import { switchAction, switchOptions } from '../suspension/switch.ts'
import { groups } from '../groups.ts'

export const resume: CommandDefinition = {
  name: 'resume',
  group: groups.change,
  examples: ['orderpipeline resume shop --wait'],
  exitCodes: { 0: 'requested; with --wait: the pipeline is Ready', 1: 'failed, or not Ready in time' },
  describe: (command, action) => {
    switchOptions(command).description('Start a suspended pipeline again').action(switchAction(false, action))
  },
}
