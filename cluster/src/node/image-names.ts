// What are the images called that are made here from executables of the tool cache? No registry has
// them: `.local` never resolves. The tag is the tool's version, so that a new version is imported.
import { programOf } from './addon-records.ts'
import type { AddonProgram } from './addon-records.ts'

export type NodeImage = 'pause' | AddonProgram

export function imageName(image: NodeImage): string {
  return `orderpipeline.local/${image}:${image === 'pause' ? '1' : programOf(image).version}`
}
