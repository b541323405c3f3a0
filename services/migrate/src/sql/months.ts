// How does a new shop get its first months?

/**
 * Before any order comes; the orders stage keeps doing it. Older shops, as a test may want one,
 * have no months.
 */
export const makeMonths = `
DO $$ BEGIN
  IF to_regproc('make_order_months') IS NOT NULL THEN PERFORM make_order_months(); END IF;
END $$`
