// Which tools does the native cluster wait for, and in which order do they come? One step for each
// part of the cluster, so that what is ready is used while the next is built. Builds use all cores,
// so they run one after the other: first the tool that most steps wait for, and KEDA last of what a
// pipeline needs, since everything else can start during its build.
import { exists } from '../../files.ts'
import { addonNames, addonOf, programsOf } from '../../node/addon-records.ts'
import type { AddonName } from '../../node/addon-records.ts'
import type { StepProgress } from '../../progress/progress.ts'
import type { Step } from '../../progress/steps.ts'
import { obtainTool, toolPath, typicalMs } from '../../tools/index.ts'
import type { Obtained, ToolName } from '../../tools/index.ts'

interface Part {
  readonly name: string
  readonly title: string
  readonly tools: readonly ToolName[]
}

const kubernetes: Part = { name: 'tool-kubernetes', title: 'Programs of Kubernetes', tools: ['kube'] }
const containerd: Part = {
  name: 'tool-containerd',
  title: 'Programs of containerd',
  tools: ['containerd', 'containerd-shim-runc-v2', 'ctr'],
}
const helm: Part = { name: 'tool-helm', title: 'Helm', tools: ['helm'] }

const neededForReady: readonly Part[] = [
  ...[kubernetes, containerd, addonPart('dns'), helm],
  ...addonNames.filter((name) => name !== 'dns' && addonOf(name).neededForReady).map(addonPart),
]

/** Each after the one before it. */
export const toolSteps: readonly Step[] = neededForReady.map((part, index) =>
  toolStep(
    part,
    neededForReady.slice(index - 1, index).map(({ name }) => name),
  ),
)

/** The programs of an add-on that no pipeline waits for. */
export function laterToolStep(addon: AddonName, after: readonly string[]): Step {
  return toolStep(addonPart(addon), after)
}

/** The name of the step that brings an add-on's programs. */
export function toolStepOf(addon: AddonName): string {
  return `tool-${addon}`
}

function addonPart(addon: AddonName): Part {
  return { name: toolStepOf(addon), title: addonOf(addon).toolTitle, tools: programsOf(addon) }
}

function toolStep({ name, title, tools }: Part, after: readonly string[]): Step {
  return {
    ...{ name, title, after },
    typicalMs: tools.reduce((sum, tool) => sum + typicalMs(tool), 0),
    due: async () => !(await Promise.all(tools.map((tool) => exists(toolPath(tool))))).every(Boolean),
    run: (progress) => obtainAll(tools, progress),
  }
}

/** Answers how they came, where they were not there. */
async function obtainAll(tools: readonly ToolName[], progress: StepProgress): Promise<string> {
  const notesOnly: StepProgress = { note: (text) => progress.note(text), expect: () => undefined }
  const obtained: Obtained[] = []
  for (const tool of tools) obtained.push(await obtainTool(tool, notesOnly))
  const because = obtained.find((tool) => tool.because)?.because
  const ways = new Set(obtained.map(({ how }) => how).filter((how) => how !== 'there'))
  return [[...ways].join(' and '), because].filter(Boolean).join(': ')
}
