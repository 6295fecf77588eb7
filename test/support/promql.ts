import { parser } from '@prometheus-io/lezer-promql'

type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

/** What a query says, read by the grammar of Prometheus itself. */
export interface ParsedQuery {
  /** Pieces of text that are no PromQL. */
  errors: string[]
  metrics: Use[]
  /** Labels that stay apart, or are joined by. */
  groupedBy: string[]
}

export interface Use {
  metric: string
  labels: string[]
  /** Around it, the innermost first: `rate`, `histogram_quantile`. */
  functions: string[]
}

export function parsePromql(expr: string): ParsedQuery {
  const errors: string[] = []
  const metrics: Use[] = []
  const groupedBy: string[] = []
  const text = ({ from, to }: { from: number; to: number }): string => expr.slice(from, to)
  parser.parse(expr).iterate({
    enter(ref) {
      const { node } = ref
      if (node.type.isError) errors.push(`${text(node)} at ${node.from}`)
      if (node.name === 'GroupingLabels') groupedBy.push(...node.getChildren('LabelName').map(text))
      if (node.name !== 'VectorSelector') return
      const name = node.getChild('Identifier')
      metrics.push({
        metric: name ? text(name) : '',
        labels: labelsOf(node).map(text),
        functions: functionsAround(node).map(text),
      })
    },
  })
  return { errors, metrics, groupedBy }
}

function labelsOf(selector: SyntaxNode): SyntaxNode[] {
  const labels: SyntaxNode[] = []
  selector.cursor().iterate(({ name, node }) => {
    if (name === 'LabelName') labels.push(node)
  })
  return labels
}

function functionsAround(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = []
  for (let at = node.parent; at; at = at.parent) {
    const name = at.name === 'FunctionCall' ? at.getChild('FunctionIdentifier') : null
    if (name) found.push(name)
  }
  return found
}
