// What an operator looks at: a workbook over the logs. Its layout is workbook.json; the question of each tile is the file of its
// name, which a test binds and carries out.
param location string
param workspaceName string

var questions = {
  drops: loadTextContent('../kql/tiles/drops.kql')
  failed: loadTextContent('../kql/tiles/failed.kql')
  work: loadTextContent('../kql/tiles/work.kql')
  waiting: loadTextContent('../kql/tiles/waiting.kql')
  'given-up': loadTextContent('../kql/tiles/given-up.kql')
  nights: loadTextContent('../kql/tiles/nights.kql')
  watchdog: loadTextContent('../kql/tiles/watchdog.kql')
  keys: loadTextContent('../kql/tiles/keys.kql')
  readers: loadTextContent('../kql/tiles/readers.kql')
  changes: loadTextContent('../kql/tiles/changes.kql')
  health: loadTextContent('../kql/tiles/health.kql')
  volume: loadTextContent('../kql/tiles/volume.kql')
}
var layout = loadJsonContent('../workbook.json')
var items = map(
  layout.items,
  item =>
    item.type == 3
      ? {
          ...item
          content: {
            ...item.content
            query: questions[item.name]
            crossComponentResources: [workspace.id]
          }
        }
      : item
)

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'operators')
  location: location
  kind: 'shared'
  properties: {
    displayName: 'Borough Exchange'
    category: 'workbook'
    sourceId: workspace.id
    version: '1.0'
    serializedData: string({ ...layout, items: items })
  }
}
