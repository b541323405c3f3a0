// What does a runtime without a cluster use of this package, apart from the processes of
// supervised.ts? A certificate authority, and what makes a KafkaTopic resource a topic.
export { issue, newAuthority } from './certificates/certificates.ts'
export { reconcile as reconcileTopics } from './topic-operator/reconcile.ts'
export type { KafkaTopic as TopicResource } from './topic-operator/kafka-topic.ts'
