// What loads a client of Kafka, a third of what a command would load at its start? It is a module
// of its own, so that a command that does not use Kafka starts without it.
export { openDeadLetterTopic } from './dead-letters/dead-letter-topic.ts'
export { connectionTo, withAdvice } from './kafka/connect.ts'
export { writeMessage } from './kafka/write-message.ts'
export { performRewind, rewindPlan } from './offsets/rewind.ts'
