// What does the rest of the cluster need of the Topic Operator's stand-in? To start it.
export { startTopicOperator, topicOperatorProcess, type TopicOperatorOptions } from './process.ts'
