// On which topics do the messages of a recorded stage wait?
import type { StageStatus } from '@orderpipeline/operator/api'

/** A tenth waits on the second topic. */
export function topicLags(
  consumes: readonly { readonly topic: string }[],
  lag: number,
): Pick<StageStatus, 'lagByTopic'> {
  const [first, second] = consumes
  if (!first || !second || lag === 0) return {}
  const onSecond = Math.floor(lag / 10)
  const lags = [[first.topic, lag - onSecond] as const, [second.topic, onSecond] as const]
  return { lagByTopic: Object.fromEntries(lags.filter(([, ofTopic]) => ofTopic > 0)) }
}
