// Which database is this? The table is one of every stage's schema; the gateway reads that of the
// orders stage.
import type { Statement } from '@orderpipeline/postgres'

/** Its names, its own first; several where one database was copied into another. */
export const installationIds: Statement = {
  name: 'installation.ids',
  text: 'SELECT id FROM installation ORDER BY id',
}
