// npm run bench -- kafka-client
import { Command, Option } from 'commander'
import { whole } from '../arguments.ts'
import { print } from '../print.ts'
import { benchKafkaClient } from './index.ts'
import { wayNames } from './member.ts'
import type { WayName } from './member.ts'

interface Arguments extends Record<'rounds' | 'partitions' | 'few' | 'many' | 'messages' | 'idle' | 'steady', number> {
  readonly way: readonly WayName[]
  readonly json?: true
}

export function kafkaClientCommand(say: (line: string) => void): Command {
  return new Command('kafka-client')
    .description(
      'kafkajs as it is used here, against @platformatic/kafka: standstill while a group is scaled, and processor time',
    )
    .option('--rounds <n>', 'measurements of each way, in turns; three minutes each', whole, 2)
    .option('--partitions <n>', 'partitions of the topic', whole, 110)
    .option('--few <n>', 'members before and after', whole, 5)
    .option('--many <n>', 'members in between', whole, 20)
    .option('--messages <n>', 'messages of the backlog', whole, 200_000)
    .option('--idle <seconds>', 'duration without messages', whole, 30)
    .option('--steady <seconds>', 'duration of the steady load before the group is scaled', whole, 20)
    .addOption(new Option('--way <name...>', 'only these ways').choices(wayNames).default(wayNames))
    .option('--json', 'the result as JSON on standard output')
    .action(async ({ rounds, partitions, few, many, messages, idle, steady, way, json }: Arguments) => {
      const lengths = { idleSeconds: idle, steadySeconds: steady, holdSeconds: 10 }
      const load = { memberEveryMs: 500, messageEveryMs: 250, messages }
      print(await benchKafkaClient({ rounds, partitions, few, many, ways: way, ...lengths, ...load, say }), json)
    })
}
