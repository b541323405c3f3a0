// How do Kubernetes' separate programs stand in for the one that is built here? The build makes one
// executable that is the program its first argument says; a release has one file a program. A
// launcher in the place of the first starts the right one. Pure.

/**
 * A script for /bin/sh: `<launcher> kubelet …` becomes `<folder>/kubelet …`, in the same process.
 */
export function launcherScript(folder: string, programs: readonly string[]): string {
  const quoted = `'${folder.replaceAll("'", `'\\''`)}'`
  return [
    '#!/bin/sh',
    '# Starts one of the programs of a Kubernetes release, by its first argument.',
    `case "$1" in`,
    `${programs.join('|')})`,
    '  program=$1',
    '  shift',
    `  exec ${quoted}/"$program" "$@"`,
    '  ;;',
    'esac',
    `echo "usage: kube ${programs.join('|')} [arguments]" >&2`,
    'exit 2',
    '',
  ].join('\n')
}
