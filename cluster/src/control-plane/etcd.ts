// Where is etcd? On the PATH, or installed from the distribution, whose package of it is the only
// ready-made one.
import { delimiter } from 'node:path'
import { onPath } from '../files.ts'
import type { StepProgress } from '../progress/progress.ts'
import { ensureDebianPackages, ToolMissingError } from '../tools/index.ts'

export async function findEtcd(progress: StepProgress, path = process.env['PATH'] ?? ''): Promise<string> {
  const command = await onPath('etcd', path)
  if (command) return command
  await ensureDebianPackages(['etcd-server'], progress)
  const installed = await onPath('etcd', `${path}${delimiter}/usr/bin`)
  if (!installed) throw new ToolMissingError('There is no etcd on the PATH.', 'Install the package etcd-server.')
  return installed
}
