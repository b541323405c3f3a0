// What does the notification service offer to the tests around it?
export { notificationStage } from './definition.ts'
