import { expect, it } from 'vitest'
import { cronProblem } from './schedule.ts'
import { pipeline, stage } from '../testing.ts'
import { validate } from '../validate.ts'

function scheduled(peak: object) {
  return stage({
    scaling: {
      minReplicas: 1,
      maxReplicas: 10,
      lagPerReplica: 5,
      schedule: [{ start: '0 8 * * *', end: '0 9 * * *', replicas: 2, ...peak }],
    },
  })
}

it('a time zone that does not exist is refused, with its path and the allowed values', () => {
  expect(validate(pipeline({ stages: [scheduled({ timeZone: 'Europe/Zurick' })] }).spec)).toEqual([
    {
      path: 'spec.stages[payment].scaling.schedule[0].timeZone',
      reason: 'ScheduleInvalid',
      message:
        'found Europe/Zurick, which is not a time zone; allowed: a name of the IANA database, such as Europe/Zurich',
    },
  ])
  for (const timeZone of ['Europe/Zurich', 'Etc/UTC', 'America/Argentina/Buenos_Aires', undefined])
    expect(validate(pipeline({ stages: [scheduled({ timeZone })] }).spec)).toEqual([])
})

it('a time that does not exist is refused, for stages and the gateway', () => {
  const scaling = { minReplicas: 1, maxReplicas: 4, cpuPercent: 70 }
  const peak = { start: '0 8 * * *', end: '61 9 * * *', replicas: 2 }
  const spec = pipeline({
    gateway: { scaling: { ...scaling, schedule: [peak] } },
    stages: [scheduled({ start: '99 99 * * *' })],
  }).spec
  expect(validate(spec)).toMatchObject([
    { path: 'spec.gateway.scaling.schedule[0].end', reason: 'ScheduleInvalid' },
    { path: 'spec.stages[payment].scaling.schedule[0].start', reason: 'ScheduleInvalid' },
  ])
})

it.each(['* * * * *', '*/5 8-18/2 1,15 * mon-fri', '0 0 29 2 *', '5/15 0 * JAN,dec 0', '0 0 31 2 1'])(
  'the cron fields %s are accepted, as by KEDA',
  (text) => {
    expect(cronProblem(text)).toBeUndefined()
  },
)

it.each([
  ['99 99 * * *', 'found "99" as minute in "99 99 * * *"; allowed: 0 to 59, ranges, lists and steps'],
  ['0 24 * * *', 'as hour'],
  ['0 0 0 * *', 'as day of month'],
  ['0 0 * 13 *', 'as month'],
  ['0 0 * * 7', 'as day of week'],
  ['0 0 * * fun', 'as day of week'],
  ['*/0 * * * *', 'as minute'],
  ['5-1 * * * *', 'as minute'],
  ['1- * * * *', 'as minute'],
  ['0 0 30 2 *', 'names days that no month has'],
  ['0 0 31 4,6,9,11 *', 'names days that no month has'],
  ['0 0 * *', '; allowed: five'],
])('the cron fields %s are refused', (text, message) => {
  expect(cronProblem(text)).toContain(message)
})
