// What does the rest of the cluster use of the Topic Operator's stand-in? Its start.
export { startTopicOperator, topicOperatorProcess, type TopicOperatorOptions } from './process.ts'
