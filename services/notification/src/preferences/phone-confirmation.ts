// How does a customer prove that a number is theirs? They request a code, which goes there by SMS,
// and post it back. Only then does the number get other messages.
import type { Pool } from '@orderpipeline/postgres'
import {
  addCode,
  confirmPhone,
  countTry,
  endCode,
  lockCodesOfPhone,
  lockCodesOfShop,
  lockPhone,
  selectHourIfFull,
  selectRecentCodes,
} from '../sql/phone-codes.ts'
import { isCode } from './code.ts'
import { hourSeconds, secondsUntilNextCode, triesOfCode } from './code-limits.ts'
import type { RecentCode } from './code-limits.ts'

type Database = Pick<Pool, 'transaction'>

export type CodeRequest =
  | { readonly kind: 'queued' | 'confirmed'; readonly phone: string }
  | { readonly kind: 'no number' }
  /** `shop full`: customers together have requested what the shop sends in an hour. */
  | { readonly kind: 'too many' | 'shop full'; readonly waitSeconds: number }

/**
 * `no code`: none was sent, or it is too old, or it was tried too often, or the number was changed.
 */
export type Confirmation =
  { readonly kind: 'confirmed' } | { readonly kind: 'wrong'; readonly triesLeft: number } | { readonly kind: 'no code' }

interface PhoneRow {
  readonly phone: string
  readonly confirmed: boolean
}

/**
 * The code itself is made when its SMS is sent (`take-codes.ts`): it is never stored.
 * `codesPerHour`: of the shop. @throws DatabaseError
 */
export function requestCode(database: Database, customerId: string, codesPerHour: number): Promise<CodeRequest> {
  return database.transaction(async (tx): Promise<CodeRequest> => {
    const [row] = await tx.query<PhoneRow>(lockPhone, [customerId])
    if (!row) return { kind: 'no number' }
    const { phone } = row
    if (row.confirmed) return { kind: 'confirmed', phone }
    await tx.query(lockCodesOfPhone, [phone])
    const waitSeconds = secondsUntilNextCode(await tx.query<RecentCode>(selectRecentCodes, [customerId, phone]))
    if (waitSeconds > 0) return { kind: 'too many', waitSeconds }
    // Behind the other limits: those who are refused anyway do not hold up the shop.
    await tx.query(lockCodesOfShop)
    const [full] = await tx.query<{ ageSeconds: number }>(selectHourIfFull, [codesPerHour])
    if (full) return { kind: 'shop full', waitSeconds: Math.max(1, hourSeconds - full.ageSeconds) }
    tx.send(addCode, [customerId, phone])
    return { kind: 'queued', phone }
  })
}

interface CodeRow {
  readonly id: number
  readonly phone: string
  readonly codeHash: string
  readonly tries: number
}

/**
 * A try counts before the code is compared: guesses at the same time are no more than others.
 * @throws DatabaseError
 */
export async function confirmByCode(database: Database, customerId: string, code: string): Promise<Confirmation> {
  const claim = await database.transaction(async (tx): Promise<CodeRow | 'confirmed' | undefined> => {
    const [row] = await tx.query<PhoneRow>(lockPhone, [customerId])
    if (row?.confirmed) return 'confirmed'
    return (await tx.query<CodeRow>(countTry, [customerId, triesOfCode]))[0]
  })
  if (claim === 'confirmed') return { kind: 'confirmed' }
  if (!claim) return { kind: 'no code' }
  const { id, phone, codeHash, tries } = claim
  // Outside of the transactions: it takes as long as several of them.
  if (!(await isCode(code, codeHash))) return { kind: 'wrong', triesLeft: triesOfCode - tries }
  return database.transaction(async (tx): Promise<Confirmation> => {
    const rows = await tx.query(confirmPhone, [customerId, phone])
    tx.send(endCode, [id])
    return rows.length === 0 ? { kind: 'no code' } : { kind: 'confirmed' }
  })
}
