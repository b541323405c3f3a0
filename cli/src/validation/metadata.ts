// Are the name and the labels of an object ones that Kubernetes takes, whatever its kind? In the
// words of the API server.
import { cause, isRecord } from './cause.ts'
import type { Cause } from './cause.ts'
import { matches } from './values.ts'

const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelValue = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'

export function metadataCauses(object: unknown): Cause[] {
  const metadata = isRecord(object) && isRecord(object['metadata']) ? object['metadata'] : {}
  return [
    ...nameCauses(metadata['name'], metadata['generateName']),
    ...labelCauses(metadata['labels']),
    ...annotationCauses(metadata['annotations']),
  ]
}

function nameCauses(name: unknown, generateName: unknown): Cause[] {
  if (name === undefined || name === '') {
    if (generateName !== undefined) return []
    return [cause('FieldValueRequired', ['metadata', 'name'], 'name or generateName is required')]
  }
  if (typeof name !== 'string') return []
  const path = ['metadata', 'name']
  const invalid = (detail: string): Cause => cause('FieldValueInvalid', path, detail, { shown: name })
  return [
    ...(name.length > 253 ? [invalid('must be no more than 253 bytes')] : []),
    ...(matches(name, `^${subdomain}$`)
      ? []
      : [
          invalid(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
              `with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
          ),
        ]),
  ]
}

function labelCauses(labels: unknown): Cause[] {
  if (!isRecord(labels)) return []
  const path = ['metadata', 'labels']
  return Object.entries(labels).flatMap(([key, value]) => [
    ...keyCauses(key, path),
    ...(typeof value === 'string' && value.length > 63
      ? [cause('FieldValueInvalid', path, 'must be no more than 63 bytes', { shown: value })]
      : []),
    ...(typeof value === 'string' && !matches(value, `^${labelValue}$`)
      ? [
          cause(
            'FieldValueInvalid',
            path,
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
              `with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValue}')`,
            { shown: value },
          ),
        ]
      : []),
  ])
}

function annotationCauses(annotations: unknown): Cause[] {
  return isRecord(annotations)
    ? Object.keys(annotations).flatMap((key) => keyCauses(key.toLowerCase(), ['metadata', 'annotations'], key))
    : []
}

/** `prefix/name`, or a name alone. */
function keyCauses(key: string, path: readonly string[], display = key): Cause[] {
  const parts = key.split('/')
  const name = parts.at(-1) ?? ''
  const prefix = parts.length === 2 ? parts[0] : undefined
  const detail =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
    `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedName}')`
  const invalid = (text: string): Cause => cause('FieldValueInvalid', path, text, { shown: display })
  return [
    ...(prefix !== undefined && !matches(prefix, `^${subdomain}$`)
      ? [
          invalid(
            "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
              `and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
          ),
        ]
      : []),
    ...(name.length > 63 ? [invalid('name part must be no more than 63 bytes')] : []),
    ...(parts.length > 2 || !matches(name, `^${qualifiedName}$`) ? [invalid(detail)] : []),
  ]
}
