import { Rng } from '../../rng.js'
import { constrainedSource } from './constrained.js'
import type { Source, SourceOptions } from './source.js'
import { pick } from './words.js'

/** A corner of SQL. No rule calls itself and every repetition is counted: even noise ends, within about a hundred characters. */
export const SQL_GRAMMAR = `# one query
root ::= "SELECT " columns " FROM " table condition? order? limit? ";"
columns ::= "*" | column (", " column){0,2}
column ::= "id" | "name" | "price" | "stock" | "city" | "created"
table ::= "users" | "orders" | "products" | "shops"
condition ::= " WHERE " test ((" AND " | " OR ") test)?
test ::= column " " ("=" | "<" | ">" | "<>") " " value
value ::= number | "'" [a-z]{1,8} "'"
number ::= "0" | [1-9] [0-9]{0,3}
order ::= " ORDER BY " column (" ASC" | " DESC")?
limit ::= " LIMIT " [1-9] [0-9]{0,1}
`

const TABLES = ['users', 'orders', 'products', 'shops'] as const
const WISHES = [
  'the ten cheapest',
  'all whose stock is below 5',
  'the names, newest first,',
  'those of one city',
  'the price and stock of everything',
] as const

/** Always one grammar, asked for in many words. */
export function grammarSource(outputTokens: number, options: SourceOptions): Source {
  return constrainedSource(
    {
      name: 'grammar',
      size: null,
      outputTokens,
      task: (index) => {
        const rng = new Rng(options.seed, `grammar/${index}`)
        const question =
          `Write one SQL query that selects ${pick(rng, WISHES)} from the table ${pick(rng, TABLES)}. ` +
          'Columns: id, name, price, stock, city, created. One line, upper-case keywords, single blanks, a semicolon at the end, nothing else.'
        return { question, constraint: { kind: 'grammar', grammar: SQL_GRAMMAR } }
      },
    },
    options,
  )
}
