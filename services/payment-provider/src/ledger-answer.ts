// What does a caller get while the ledger does not answer? A 503, to try again.
import { overloaded } from '@orderpipeline/http'
import { DatabaseError } from '@orderpipeline/postgres'

/**
 * Without its ledger it knows of no charge: that is no fault of the caller, who should try again.
 */
export async function ledgerAnswer<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw error instanceof DatabaseError && error.retry ? overloaded('the ledger does not answer', 1, error) : error
  }
}
