// Which queries about orders are open to other packages than the orders service?
export { countInProgress } from '../sql/counting.ts'
export { ordersOfCustomer, type OrderSummary } from './customer.ts'
export { isFinal, type OrderHistory } from './final.ts'
export { orderById, statusesById, type OrderView, type ShownRefund, type StatusView } from './orders.ts'
export { isSettled, isTerminal, progressOf, type OrderProgress, type TimelineStep } from './progress.ts'
export { stepsAtStatus, steps, countSteps, type CompletedSteps } from './steps.ts'
export { stockOf, stockPage, type StockSelection, type StockView } from './stock.ts'
export { availabilities, productBySku, productPage, productsChannel, type Product } from './products.ts'
