// Which steps of `up` bring the add-ons? Those that a pipeline needs as soon as the node is there,
// the others, with their programs, once a pipeline is Ready.
import { addonManifests, addonReady, installAddon } from '../../node/addons.ts'
import { addonNames, addonOf, programsOf } from '../../node/addon-records.ts'
import type { AddonName } from '../../node/addon-records.ts'
import { importNodeImages } from '../../node/images.ts'
import type { Step } from '../../progress/steps.ts'
import { toolSource } from '../../tools/index.ts'
import { hashOfFiles } from '../hash.ts'
import { exist } from '../kubectl.ts'
import type { Kubectl } from '../kubectl.ts'
import type { NativeCluster } from './cluster.ts'
import { laterToolStep, toolStepOf } from './tool-steps.ts'

const requiredAddons = addonNames.filter((name) => addonOf(name).neededForReady)
const later = addonNames.filter((name) => !addonOf(name).neededForReady)

export function neededAddonSteps(cluster: NativeCluster, kubectl: Kubectl): readonly Step[] {
  return [
    {
      name: 'definitions',
      title: 'CRDs and rights of DNS and KEDA',
      after: ['control-plane'],
      typicalMs: 10_000,
      unless: {
        inputs: async () => hashOfFiles([await addonManifests(await cluster.node(), { kedaSource }, 'definitions')]),
        holds: () => exist(kubectl, 'keda', 'serviceaccount/keda-operator', 'crd/scaledobjects.keda.sh'),
      },
      run: async (progress) => await installAddon(await cluster.node(), { kedaSource }, 'definitions', progress),
    },
    ...requiredAddons.map((addon) => addonStep(cluster, addon, ['node', 'definitions', toolStepOf(addon)])),
  ]
}

/** `after`: the step at whose end a pipeline is Ready. */
export function laterAddonSteps(cluster: NativeCluster, after: string): readonly Step[] {
  return later.flatMap((addon) => [laterToolStep(addon, [after]), addonStep(cluster, addon, [toolStepOf(addon)])])
}

function addonStep(cluster: NativeCluster, addon: AddonName, after: readonly string[]): Step {
  return {
    ...{ name: addon, title: addonOf(addon).title, after, typicalMs: 25_000 },
    async run(progress) {
      const node = await cluster.node()
      await importNodeImages(node, (text) => progress.note(text), programsOf(addon))
      await installAddon(node, { kedaSource }, addon, progress)
      await addonReady(node, addon, progress)
    },
  }
}

function kedaSource() {
  return toolSource('keda-operator')
}
