// What may be asked about orders from outside the orders service?
export { orderById, statusesById, type OrderView, type StatusView } from './orders.ts'
