// Which alerts are about the comparison of payments with the provider?
import { pod } from './alert.ts'
import type { AlertGroup } from './alert.ts'

export const paymentComparison: AlertGroup = {
  name: 'orderpipeline-payment-comparison',
  alerts: [
    {
      name: 'OrderPipelinePaymentsDiffer',
      expr:
        'sum by (namespace, orderpipeline_dev_pipeline) ' +
        '(max by (namespace, orderpipeline_dev_pipeline, kind) (payment_differences_open)) > 0',
      for: '15m',
      severity: 'warning',
      summary:
        '{{ $value }} payments of {{ $labels.orderpipeline_dev_pipeline }} differ from what the provider has, and wait for a person',
      runbook: {
        meaning: 'The books and the provider disagree about money, and the stage cannot tell which of them is right.',
        look: [
          '`payment_differences_open` by kind, and what each kind means ([payment.md](payment.md#the-comparison-with-the-provider)).',
          '`payment_differences` in the database of `payment`: order, charge and both amounts.',
        ],
        act: [
          'Settle each one as [payment.md](payment.md#what-to-do-about-a-difference) says, and delete its row.',
          'Many UNKNOWN_CHARGE at once: compare the account and the key of the stage with those that made the charges.',
        ],
      },
      fires: {
        title: 'one amount that differs, as each of two replicas shows it',
        series: {
          [`payment_differences_open{${pod('payment')},kind="AMOUNT"}`]: '0x5 1x60',
          [`payment_differences_open{${pod('payment', 'b')},kind="AMOUNT"}`]: '0x5 1x60',
          [`payment_differences_open{${pod('payment')},kind="UNKNOWN_CHARGE"}`]: '0x65',
        },
        at: '40m',
      },
      quiet: [
        {
          title: 'no difference',
          series: {
            [`payment_differences_open{${pod('payment')},kind="AMOUNT"}`]: '0x60',
            [`payment_differences_total{${pod('payment')},kind="UNBOOKED"}`]: '0+1x60',
          },
          at: '40m',
        },
        {
          title: 'a difference that is settled within minutes',
          series: { [`payment_differences_open{${pod('payment')},kind="AMOUNT"}`]: '1x10 0x50' },
          at: '40m',
        },
      ],
    },
    {
      name: 'OrderPipelinePaymentsNotCompared',
      expr: 'max by (namespace, orderpipeline_dev_pipeline) (payment_reconciled_age_seconds{pass="soon"}) > 4 * 3600',
      for: '30m',
      severity: 'warning',
      summary:
        'The payments of {{ $labels.orderpipeline_dev_pipeline }} were compared with the provider up to {{ $value | humanizeDuration }} ago only',
      runbook: {
        meaning:
          'No order waits for it. But a charge that is booked nowhere, or a refund that failed at the bank, is not found meanwhile.',
        look: [
          'The log of the stage `payment`: why the provider’s list could not be read, such as rights that the key lacks.',
          'Whether the age falls: after an outage or a suspension the comparison makes up for the lost time minute by minute.',
        ],
        act: [
          'Restore what the log names; the comparison goes on where it was.',
          'With `PAYMENT_RECONCILE_AFTER_SECONDS` above three hours the age is always large: raise the limit of this alert.',
        ],
      },
      fires: {
        title: 'a comparison that has stopped',
        series: {
          [`payment_reconciled_age_seconds{${pod('payment')},pass="soon"}`]: '3660+60x300',
          [`payment_reconciled_age_seconds{${pod('payment')},pass="late"}`]: '604860x300',
        },
        at: '220m',
      },
      quiet: [
        {
          title: 'an hour and a week behind, as it should be',
          series: {
            [`payment_reconciled_age_seconds{${pod('payment')},pass="soon"}`]: '3660x300',
            [`payment_reconciled_age_seconds{${pod('payment')},pass="late"}`]: '604860x300',
          },
          at: '220m',
        },
        {
          title: 'an outage that is made up for',
          series: {
            [`payment_reconciled_age_seconds{${pod('payment')},pass="soon"}`]: '15000x20 12000-1000x8 3660x200',
          },
          at: '220m',
        },
      ],
    },
  ],
}
