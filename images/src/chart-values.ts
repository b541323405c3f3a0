// How do the charts receive the names of the built images?
import { operatorImage, servicesImage } from './definitions.ts'
import { BundleError } from './errors.ts'

export interface ChartImage {
  readonly repository: string
  readonly tag: string
}

/**
 * Helm values by chart; write one as a file and pass it with `-f`, or nest them under the charts'
 * names for order-platform.
 */
export interface ChartValues {
  readonly 'orderpipeline-operator': { readonly image: ChartImage; readonly servicesImage: ChartImage }
  readonly 'order-shop': { readonly image: ChartImage }
}

export function chartValues(images: readonly ChartImage[]): ChartValues {
  const image = (repository: string): ChartImage => {
    const match = images.find((candidate) => candidate.repository === repository)
    if (!match)
      throw new BundleError(
        `no image ${repository} among ${images.map((candidate) => candidate.repository).join(', ')}`,
      )
    return { repository, tag: match.tag }
  }
  const services = image(servicesImage.repository)
  return {
    'orderpipeline-operator': { image: image(operatorImage.repository), servicesImage: services },
    'order-shop': { image: services },
  }
}
