import prettier from 'eslint-config-prettier'
import importX from 'eslint-plugin-import-x'
import type { Linter } from 'eslint'
import tseslint from 'typescript-eslint'
import { commentWidth } from './setup/lint/comment-width.ts'
import { sqlPlace } from './setup/lint/sql-place.ts'

/** The packages that may import a wrapped dependency; others use the package around it. */
const wrapped = [
  {
    name: 'kafkajs',
    message: 'Only packages/kafka (and tests of it) import kafkajs: a replacement must touch one package.',
  },
  {
    name: '@platformatic/kafka',
    message: 'Only packages/kafka-admin imports @platformatic/kafka: a replacement must touch one package.',
  },
  { name: 'pg', message: 'Only packages/postgres imports pg.' },
]

/**
 * Logs, metrics and problem types show the name of an error. It is written as a literal: a bundle
 * renames one of two classes that have the same name, and a name taken from the class with it.
 */
const errorNames = [
  {
    selector: 'ClassDeclaration[superClass.name="Error"]:not(:has(PropertyDefinition[key.name="name"]))',
    message: "An error says its name: override readonly name = '…'.",
  },
  {
    selector: 'ClassDeclaration[superClass.name=/Error$/][id.name!=/Error$/]',
    message: 'The name of an error class ends in Error.',
  },
  {
    selector: 'AssignmentExpression[left.object.type="ThisExpression"][left.property.name="name"]',
    message: "The name of an error is a property: override readonly name = '…'.",
  },
]

/**
 * One habit for functions of a module; an arrow is for an argument, a local, or a typed constant.
 */
const functionDeclarations = ['Program > ', 'Program > ExportNamedDeclaration > '].map((parent) => ({
  selector: `${parent}VariableDeclaration > VariableDeclarator[id.typeAnnotation=undefined][init.type="ArrowFunctionExpression"]`,
  message: 'A function of a module is declared: function name() {}.',
}))

/** What a package offers is decided name by name, and found by searching for the name. */
const namedExports = [
  { selector: 'ExportAllDeclaration[exported=null]', message: 'An index names what it exports: export { … } from.' },
]

/**
 * kafkajs waits for leaders by itself, and gives up where a busy broker does not know the new topic
 * yet.
 */
const topicCreation = [
  {
    selector: 'CallExpression[callee.property.name="createTopics"][callee.object.name=/admin/i]',
    message: 'Topics are made by createTopics of packages/kafka: it waits until each partition answers.',
  },
]

/**
 * Files with a function over 60 lines, each with the reason why no piece of it has a name of its
 * own.
 */
const longFunctions = [
  'packages/kafka/src/metrics.ts', // the table of a stage's metrics
  'operator/src/runtime/metrics.ts', // the table of the operator's metrics
  'cluster/src/node/containerd-config.ts', // the text of one configuration file
  'cli/src/commands/simulate.ts', // the list of the command's options
  'operator/src/runtime/work-queue.ts', // the short functions of a queue over the state they share
]

/** A file so many folders below operator/src/pipeline imports what is in it, and ../api. */
function pureImports(depth: number): Linter.RuleEntry {
  const own = ['\\./', ...Array.from({ length: depth }, (_, index) => '\\.\\./'.repeat(index + 1))]
  const allowed = [...own, `${'\\.\\./'.repeat(depth + 1)}api/`].join('|')
  return [
    'error',
    {
      patterns: [
        {
          regex: `^(?!(?:${allowed})(?!.*\\.\\./)|@orderpipeline/order-events$)`,
          message: 'operator/src/pipeline is pure: it imports itself, ../api and order-events only.',
        },
      ],
    },
  ]
}

export default tseslint.config(
  { ignores: ['**/node_modules/**', '**/dist/**', 'charts/**', 'setup/**/*.mjs'] },
  ...tseslint.configs.recommendedTypeChecked,
  prettier,
  {
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { 'import-x': importX, local: { rules: { 'comment-width': commentWidth, 'sql-place': sqlPlace } } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'import-x/consistent-type-specifier-style': ['error', 'prefer-top-level'],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'import-x/no-cycle': 'error',
      'no-console': 'error',
      'local/comment-width': 'error',
      'no-restricted-syntax': ['error', ...errorNames, ...functionDeclarations, ...namedExports, ...topicCreation],
    },
    settings: { 'import-x/resolver': { node: { extensions: ['.ts', '.js', '.mjs', '.json'] } } },
  },
  {
    files: ['**/*.mjs', 'traffic/k6/*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: { parserOptions: { projectService: false } },
  },
  { files: ['{packages,services}/**/*.ts'], rules: { 'no-restricted-imports': ['error', { paths: wrapped }] } },
  { files: ['packages/{kafka,kafka-admin,postgres}/**/*.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['services/*/src/**/*.ts'], ignores: ['**/*.test.ts'], rules: { 'local/sql-place': 'error' } },
  {
    // The operator's decisions are pure: no I/O, no clock, no environment, nothing outside
    // themselves, the API types and the table of built-in stages.
    files: ['operator/src/pipeline/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': pureImports(0),
      'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'setInterval', 'console'],
    },
  },
  ...[1, 2].map((depth) => ({
    files: [`operator/src/pipeline/${'*/'.repeat(depth)}*.ts`],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-imports': pureImports(depth) },
  })),
  {
    // A function does one thing at one level.
    files: ['**/src/**/*.{ts,tsx}'],
    ignores: ['**/*.test.ts', 'tests/**', '**/src/testing/**'],
    rules: { 'max-lines-per-function': ['error', { max: 60 }] },
  },
  { files: longFunctions, rules: { 'max-lines-per-function': ['error', { max: 100 }] } },
)
