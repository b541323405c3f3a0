// How are the stages of the shop on the local cluster seen? Lag by Kafka's own offsets, replicas by
// their Deployments, and orders in the books.
import { consumerGroup, topicName } from '@orderpipeline/operator/pipeline'
import type { Platform } from '@orderpipeline/e2e/platform'
import type { ShopView } from './samples.ts'

export async function shopView(platform: Platform): Promise<ShopView> {
  const pipeline = await platform.cluster.pipeline('shop')
  const stages = await Promise.all(
    pipeline.spec.stages.map(async (stage) => ({
      name: stage.name,
      deployment: await platform.cluster.scaleTarget(`shop-${stage.name}`),
      group: await platform.consumerGroup(
        consumerGroup(pipeline, stage),
        stage.consumes.map(({ topic }) => topicName('shop', topic)),
      ),
    })),
  )
  return {
    look: async () => {
      const [inProgress, each] = await Promise.all([
        platform.ledger.unfinished(),
        Promise.all(
          stages.map(async ({ name, deployment, group }) => {
            const [{ lag }, replicas] = await Promise.all([group.look(), platform.cluster.stage(deployment)])
            return { name, lag, ...replicas }
          }),
        ),
      ])
      return { inProgress, stages: each }
    },
    close: async () => void (await Promise.all(stages.map(({ group }) => group.close()))),
  }
}
