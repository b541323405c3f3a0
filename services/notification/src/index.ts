// What does the notification service offer to the tests around it?
export { mailConfig } from './config.ts'
export { notificationStage } from './definition.ts'
export { mailing } from './mailing.ts'
