// Asks Microsoft's language service what it has to say of each text, given the tables that there are.
// Standard input: {"tables": {name: {column: type}}, "texts": {name: text}}. Output: {name: [[severity, message]]}.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import vm from 'node:vm'

const folder = path.dirname(createRequire(process.argv[2]).resolve('@kusto/language-service-next/package.json'))
for (const file of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
  vm.runInThisContext(readFileSync(path.join(folder, file), 'utf8'), { filename: file })
}
const { Language } = globalThis.Kusto
const { DatabaseSymbol, TableSymbol } = Language.Symbols
const asked = JSON.parse(readFileSync(0, 'utf8'))
const columns = (table) => Object.entries(table).map(([name, type]) => `['${name}']: ${type}`).join(', ')
const tables = Object.entries(asked.tables).map(([name, of]) => new TableSymbol.$ctor7(name, `(${columns(of)})`, null))
const globals = Language.GlobalState.Default.WithDatabase(new DatabaseSymbol.ctor('workspace', tables))
const said = {}
for (const [name, text] of Object.entries(asked.texts)) {
  const found = Language.KustoCode.ParseAndAnalyze(text, globals).GetDiagnostics()
  said[name] = Array.from({ length: found.Count }, (_, i) => [found.getItem(i).Severity, found.getItem(i).Message])
}
console.log(JSON.stringify(said))
